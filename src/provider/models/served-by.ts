/** Server of a request: what is built in, or a model at a host, which may hold a port. */
export type ServedBy =
  | { readonly kind: 'embedded' }
  | { readonly kind: 'remote'; readonly model: string; readonly host: string };

export const embedded: ServedBy = { kind: 'embedded' };

export function servedBy(model: string, baseUrl: string): ServedBy {
  return { kind: 'remote', model, host: new URL(baseUrl).host };
}
