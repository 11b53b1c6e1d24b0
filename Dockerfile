# Scripts of packages are not run: none that is shipped needs one, and the project's own would build without sources.

FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# The embedded PostgreSQL of the demo is the optional one; a container has a real server beside it.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# With the optional ones: the bundler of the dashboard brings its program for each platform as such.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src src
COPY jobs jobs
COPY scripts scripts
RUN npm run build

FROM node:24-bookworm-slim
# Inside a container the loopback address reaches nobody.
ENV NODE_ENV=production API_HOST=0.0.0.0
WORKDIR /app
COPY package.json LICENSE ./
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY migrations migrations
# A number, so that Kubernetes can see that it is not root.
USER 10001:10001
EXPOSE 8080 9464
ENTRYPOINT ["node", "dist/src/bin/k8s-costs.js"]
