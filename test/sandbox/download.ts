import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { text } from 'node:stream/consumers';

/** A file of the sandbox, by somebody who trusts its certificates. */
export async function downloadFile(
  url: string,
  { certificate: ca }: { readonly certificate: string },
) {
  const [answer] = (await once(get(url, { ca }), 'response')) as [IncomingMessage];
  const type = answer.headers['content-type'];
  return { status: answer.statusCode, type, text: await text(answer) };
}
