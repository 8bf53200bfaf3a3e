import type { useNuxt } from '@nuxt/kit'

/** Nuxt as the kit at hand has it: several copies of its types may be installed. */
export type Nuxt = ReturnType<typeof useNuxt>
