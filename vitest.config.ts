import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.spec.ts', 'test/*.spec.ts'] } },
      { test: { name: 'server', include: ['test/server/**/*.spec.ts', 'test/security/**/*.spec.ts', 'test/conformance/**/*.spec.ts', 'test/oracle/**/*.spec.ts', 'test/interop/**/*.spec.ts', 'test/history/*.spec.ts'], testTimeout: 60_000, hookTimeout: 60_000 } },
      // The collector at hand, and a compiler that keeps to itself: what it makes of hot code would be in the way.
      {
        test: {
          name: 'memory',
          include: ['test/memory/**/*.spec.ts'],
          pool: 'forks',
          execArgv: ['--expose-gc', '--no-opt', '--no-maglev', '--no-flush-bytecode', '--disable-warning=ExperimentalWarning'],
          testTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'types',
          include: ['test/types/**/*.test-d.ts'],
          typecheck: { enabled: true, only: true, checker: 'vue-tsc', include: ['test/types/**/*.test-d.ts'], tsconfig: 'test/types/tsconfig.json' },
        },
      },
      // Processes of an app that is built first.
      { test: { name: 'history', include: ['test/history/processes/*.spec.ts'], hookTimeout: 300_000 } },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.spec.ts'],
          globalSetup: ['test/e2e/setup/global.ts'],
          // Builds and browsers share two cores: one file after the other.
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
})
