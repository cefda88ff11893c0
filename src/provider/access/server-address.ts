import { Secret } from '#src/base/secret.ts';
import { toApiUrl } from '#src/provider/models/standard-models.ts';

/** The address of a server, as requests use it. */
export type ServerAddress = {
  /** Base URL without user, password, query and final slash. */
  readonly baseUrl: string;
  /** Query of every request. Empty, or begins with `?`. */
  readonly query: string;
  /** `user:password` of Basic authentication. */
  readonly login?: Secret;
};

/** Takes an address apart. An address without a path means its `/v1`. */
export function readServerAddress(address: string): ServerAddress {
  const url = new URL(toApiUrl(address));
  const login = decodeLogin(url);
  return {
    baseUrl: `${url.origin}${url.pathname.replace(/(?<!\/)\/+$/, '')}`,
    query: url.search,
    ...(login !== '' && { login: new Secret(login) }),
  };
}

/** Reads `user:password`. Empty without both. */
function decodeLogin({ password, username }: URL) {
  if (username === '' && password === '') return '';
  return `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
}

/** Lists what an address holds that must not be shown: the password, and values of its query. */
export function listAddressSecrets(address: string | undefined): readonly Secret[] {
  const url = URL.parse(address ?? '');
  if (!url) return [];
  const values = [...url.searchParams].flatMap(([name, value]) =>
    isShown(name) ? [] : value,
  );
  return [decodeURIComponent(url.password), ...values]
    .filter((secret) => secret !== '')
    .map((secret) => new Secret(secret));
}

/** Versions of an API are no secrets. */
function isShown(queryName: string) {
  return /version/i.test(queryName);
}

/** Puts another base URL into an address, which keeps its query, user and password. */
export function replaceBaseUrl(address: string, baseUrl: string): string {
  const url = new URL(address);
  url.pathname = new URL(baseUrl).pathname;
  return url.href;
}

/** Returns an address without user and password, for requests and names of servers. */
export function removeLogin(address: string): string {
  const url = new URL(address);
  url.username = '';
  url.password = '';
  return url.href;
}

/** Formats an address as a line of `.env` that may be shown: a query may hold a key, too. */
export function formatAddressLine(address: string): string {
  const url = new URL(address);
  const login = url.username === '' ? '' : 'USER:PASSWORD@';
  const query = [...url.searchParams].map(
    ([name, value]) => `${name}=${isShown(name) ? value : 'VALUE'}`,
  );
  const path = url.pathname.replace(/\/$/, '');
  return `${url.protocol}//${login}${url.host}${path}${query.length > 0 ? `?${query.join('&')}` : ''}`;
}

/** Paths of OpenAI's endpoints, which people paste as a base URL. */
const pastedEndpoint =
  /\/(?:(?:chat\/)?completions|audio\/\w+|responses|models|realtime|embeddings|images\/\w+)(?:\/.*)?$/;
const versionSegment = /^v\d[\w.-]*$/;
/** Paths of vendors and gateways, as hints for an address that is only a host. */
const knownBasePaths = [
  '/openai/v1',
  '/api/v1',
  '/api',
  '/v1beta/openai',
  '/v1/openai',
  '/inference/v1',
  '/compatible-mode/v1',
];

/**
 * Lists base URLs where the API of an address may be, the likeliest first: as given, without a pasted endpoint, with
 * `/v1`, and each folder above.
 *
 * @example
 * import { listBaseUrls } from '#src/provider/access/server-address.ts';
 *
 * listBaseUrls('http://127.0.0.1:8000/v1/chat/completions')[1]; // 'http://127.0.0.1:8000/v1'
 */
export function listBaseUrls(address: string): readonly string[] {
  const { baseUrl } = readServerAddress(address);
  const { origin, pathname } = new URL(baseUrl);
  const givenPath = pathname.replace(/(?<!\/)\/+$/, '');
  const cutPath = givenPath.replace(pastedEndpoint, '');
  const segments = cutPath.split('/').slice(1);
  const versionAt = segments.findLastIndex((segment) => versionSegment.test(segment));
  const toVersion = versionAt < 0 ? [] : [segments.slice(0, versionAt + 1)];
  const above = segments.map((_, index) => segments.slice(0, -1 - index));
  // The API is rather at the top of a host than in a folder between.
  const folders = [segments, ...toVersion, [], ...above].map((part) =>
    part.map((segment) => `/${segment}`).join(''),
  );
  const paths = folders.flatMap((folder) => {
    if (versionSegment.test(folder.split('/').at(-1) ?? '')) return [folder];
    const versioned = `${folder}/v1`;
    return folder === '' ? [versioned, folder] : [folder, versioned];
  });
  // A host alone, or with `/v1`, says nothing of the path of its API.
  const hints = /^(\/v1)?$/.test(cutPath) ? knownBasePaths : [];
  return [...new Set([givenPath, ...paths, ...hints])].map(
    (path) => `${origin}${path}`,
  );
}
