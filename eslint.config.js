import { createConfigForNuxt } from '@nuxt/eslint-config'
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript'
import importX from 'eslint-plugin-import-x'

export default createConfigForNuxt({
  features: { tooling: true, stylistic: { braceStyle: 'stroustrup' } },
  dirs: { src: ['./playground/app'] },
})
  .prepend({ ignores: ['**/.nuxt/**', '**/.output/**', '**/dist/**', '**/.data/**', 'playground/server/assets/migrations/**', 'test/fixtures/.tmp-*/**'] })
  .append(
    {
      name: 'project/imports',
      files: ['src/**/*.ts'],
      plugins: { 'import-x': importX },
      settings: {
        'import-x/extensions': ['.ts', '.js', '.mjs'],
        'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
        'import-x/resolver-next': [createTypeScriptImportResolver({ project: 'tsconfig.json' })],
      },
      rules: { 'import-x/no-cycle': 'error' },
    },
    {
      name: 'project/types',
      files: ['src/**/*.ts'],
      rules: {
        '@typescript-eslint/no-explicit-any': 'error',
        '@typescript-eslint/ban-ts-comment': ['error', { 'ts-expect-error': true, 'ts-ignore': true, 'ts-nocheck': true }],
        'max-lines': ['error', 300],
      },
    },
    {
      name: 'project/virtual-modules',
      files: ['src/runtime/types/virtual.d.ts'],
      // Filled in by the app.
      rules: { '@typescript-eslint/no-empty-object-type': ['error', { allowInterfaces: 'always' }] },
    },
    {
      name: 'project/tests',
      files: ['test/types/**/*.ts'],
      rules: { '@typescript-eslint/ban-ts-comment': 'off', '@typescript-eslint/no-unused-expressions': 'off' },
    },
  )
