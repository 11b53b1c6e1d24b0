import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    outDir: '../../dist/dashboard',
    emptyOutDir: true,
    // What browsers do themselves for years now.
    modulePreload: { polyfill: false },
    // A data: URL would need a wider content security policy.
    assetsInlineLimit: 0,
    // What the licences of the bundled packages ask for goes with them.
    license: { fileName: 'licences.md' },
  },
  server: { proxy: { '/restapi': 'http://127.0.0.1:8080' } },
})
