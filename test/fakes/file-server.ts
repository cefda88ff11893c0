import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

/** How a server of files treats the one who fetches. */
export type FileManner =
  | 'honest'
  /** It sends a third of the file, and then nothing until `breakOff`. */
  | 'breaks off'
  /** It sends half of the file, and states no length. */
  | 'too short'
  /** It states twice the length. */
  | 'lies about its length'
  /** It sends bytes behind the end, without a length. */
  | 'too long'
  /** One byte is another one. */
  | 'wrong content'
  /** It knows no ranges, and breaks off as above the first time. */
  | 'knows no ranges'
  /** It begins a range elsewhere. */
  | 'wrong range'
  /** It names another length of the whole file with a range. */
  | 'wrong total'
  /** It refuses any range with 416. */
  | 'no such range'
  /** It packs all that it sends with gzip, whatever is accepted. */
  | 'packed'
  /** It sends a client on to another address of its own. */
  | 'redirects'
  /** It waits between small pieces. */
  | 'slow'
  | 'not there';

/** A server of one file on 127.0.0.1. */
export interface FileServer extends AsyncDisposable {
  readonly address: string;
  /** Changes what the next request meets. */
  manner: FileManner;
  /** Closes the connections of those who got a third, who have read it: a lost connection takes what nobody has read along. */
  breakOff(): void;
  /** The `Range` of each request, in order. */
  readonly ranges: readonly (string | undefined)[];
  /** The `Authorization` of each request that has one, in order. */
  readonly logins: readonly string[];
}

/** Of a slow server. */
const pauseMs = 20;

/** Serves the same bytes at every path, or those of the path. */
export async function serveFile(
  given: Uint8Array | ((path: string) => Uint8Array),
  manner: FileManner = 'honest',
): Promise<FileServer> {
  const ranges: (string | undefined)[] = [];
  const logins: string[] = [];
  const waiting = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    const { authorization, range } = request.headers;
    ranges.push(range);
    if (authorization !== undefined) logins.push(authorization);
    void answerRequest(request, response);
  });

  async function answerRequest(request: IncomingMessage, response: ServerResponse) {
    const { manner } = served;
    const { headers: sent, url = '' } = request;
    const refusal = findRefusal(manner, url, sent.range);
    if (refusal)
      return void response
        .writeHead(refusal.status, { location: `${url}?signed` })
        .end();
    const content = typeof given === 'function' ? given(url) : given;
    const asked = /^bytes=(\d+)-$/.exec(sent.range ?? '')?.[1];
    const isKnown = asked !== undefined && manner !== 'knows no ranges';
    const from = isKnown ? Number(asked) : 0;
    const rest = changeContent(content, manner, from);
    const headers = writeHeaders(rest.length, from, content.length, manner);
    response.writeHead(isKnown ? 206 : 200, headers);
    await sendBody(response, rest, Math.ceil(content.length / 3), ranges.length);
  }

  async function sendBody(
    response: ServerResponse,
    rest: Uint8Array,
    third: number,
    time: number,
  ) {
    const breaks =
      served.manner === 'breaks off' ||
      (served.manner === 'knows no ranges' && time === 1);
    if (breaks && rest.length > third) {
      response.write(rest.subarray(0, third));
      waiting.add(response);
    } else if (served.manner === 'slow') {
      for (let at = 0; at < rest.length; at += third / 10) {
        response.write(rest.subarray(at, at + third / 10));
        await wait(pauseMs);
      }
      response.end();
    } else response.end(rest);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const served = {
    address: `http://127.0.0.1:${port}`,
    manner,
    ranges,
    logins,
    breakOff() {
      for (const response of waiting) response.destroy();
      waiting.clear();
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return served;
}

function findRefusal(manner: FileManner, url: string, range: string | undefined) {
  if (manner === 'not there') return { status: 404 };
  if (manner === 'no such range' && range) return { status: 416 };
  return manner === 'redirects' && !url.includes('?') ? { status: 302 } : undefined;
}

function changeContent(content: Uint8Array, manner: FileManner, from: number) {
  const rest = spoilContent(content, manner).subarray(from);
  return manner === 'packed' ? gzipSync(rest) : rest;
}

function spoilContent(content: Uint8Array, manner: FileManner) {
  if (manner === 'too short') return content.subarray(0, content.length / 2);
  if (manner === 'too long') return Buffer.concat([content, content]);
  if (manner !== 'wrong content') return content;
  const wrong = Uint8Array.from(content);
  wrong[content.length - 1] = (wrong.at(-1) ?? 0) ^ 1;
  return wrong;
}

function writeHeaders(
  restBytes: number,
  from: number,
  bytes: number,
  manner: FileManner,
): Record<string, string> {
  const start = manner === 'wrong range' ? 0 : from;
  const total = manner === 'wrong total' ? bytes + 1 : bytes;
  const packing: Record<string, string> =
    manner === 'packed' ? { 'content-encoding': 'gzip' } : {};
  const range = { 'content-range': `bytes ${start}-${bytes - 1}/${total}` };
  const ranged = from > 0 ? range : {};
  if (/too (?:short|long)/.test(manner)) return ranged;
  const stated = manner === 'lies about its length' ? 2 * bytes : restBytes;
  return { 'content-length': `${stated}`, ...ranged, ...packing };
}
