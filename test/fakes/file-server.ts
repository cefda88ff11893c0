import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

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
}

/** Of a slow server. */
const pauseMs = 20;

/** Serves the same bytes at every path. */
export async function serveFile(
  content: Uint8Array,
  manner: FileManner = 'honest',
): Promise<FileServer> {
  const ranges: (string | undefined)[] = [];
  const waiting = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    ranges.push(request.headers.range);
    void answerRequest(request, response);
  });

  async function answerRequest(request: IncomingMessage, response: ServerResponse) {
    if (served.manner === 'not there') return void response.writeHead(404).end();
    const question = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
    const isKnown = question !== undefined && served.manner !== 'knows no ranges';
    const from = isKnown ? Number(question) : 0;
    const rest = changeContent(content, served.manner).subarray(from);
    const headers = writeHeaders(rest.length, from, content.length, served.manner);
    response.writeHead(isKnown ? 206 : 200, headers);
    await sendBody(response, rest, ranges.length);
  }

  async function sendBody(response: ServerResponse, rest: Uint8Array, time: number) {
    const third = Math.ceil(content.length / 3);
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

function changeContent(content: Uint8Array, manner: FileManner) {
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
  const range = { 'content-range': `bytes ${start}-${bytes - 1}/${bytes}` };
  const ranged = from > 0 ? range : {};
  if (/too (?:short|long)/.test(manner)) return ranged;
  const stated = manner === 'lies about its length' ? 2 * bytes : restBytes;
  return { 'content-length': `${stated}`, ...ranged };
}
