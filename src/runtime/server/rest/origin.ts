/**
 * Whether a request comes from a page of the app itself. `hosts` are what its headers name: behind a proxy, `Host` may be another one than the
 * browser knows, and `X-Forwarded-Host` may list several. Pages elsewhere can set neither.
 */
export function isOwnOrigin(origin: string, hosts: readonly (string | null | undefined)[]): boolean {
  return hosts.some(host => host && isHostOf(origin, host.split(',', 1)[0]!.trim()))
}

function isHostOf(origin: string, host: string): boolean {
  // `null` is the origin of pages that have none.
  if (!URL.canParse(origin))
    return false
  const { protocol, host: own } = new URL(origin)
  // Of the two only the origin is sure to leave out the usual port.
  return URL.canParse(`${protocol}//${host}`) && new URL(`${protocol}//${host}`).host === own
}
