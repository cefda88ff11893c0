import { once } from 'node:events';
import { request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { makeCertificate } from '#sandbox/certificate.ts';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import { makeLink, vacantPort } from '#test/fakes/program.ts';
import {
  callIn,
  openOwnScenario,
  type ScenarioSetup,
  seat,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';
import { complaintsOf } from './open-browser.ts';

/** A bot with a token in two servers of this machine's Discord; Adam has called it in Harbour, where Eve said nothing. */
export type OperatorSetup = AsyncDisposable & {
  readonly setup: ScenarioSetup;
  readonly adam: SandboxPerson;
  /** Sits with the bot in the other server. */
  readonly otto: SandboxPerson;
  /** What `npm run link` prints. */
  link(): Promise<URL>;
};

/** Whoever asks for a story gets one of nearly a minute, so that there is something to stop. */
const replies = [
  { match: /story[^\n]*$/, text: 'Once upon a time there was a harbour. '.repeat(20) },
  { match: /^/, text: 'Yes, so it is.' },
];

export async function openOperator(): Promise<OperatorSetup> {
  await using stack = new AsyncDisposableStack();
  const port = await vacantPort();
  const proxy = stack.use(await openProxy(port));
  const environment = { PAGE_PORT: `${port}`, PAGE_URL: proxy.url.href };
  const guilds = [{ guildName: 'Elsewhere' }];
  const sandbox = { guildName: 'Harbour', guilds };
  const setup = stack.use(await openOwnScenario({ sandbox, environment, providers: { replies } }));
  await seat(setup, 'Eve');
  const adam = await callIn(setup, 'Adam');
  const otto = setup.sandbox.guild('Elsewhere').person('Otto');
  await otto.join('Lounge', soon());
  await otto.command('join').answered(soon());
  const all = stack.move();
  return {
    ...{ setup, adam, otto },
    link: () => makeLink({ DATA_DIR: setup.dataDir }),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** What an owner puts before the page: https under a name of its own, `Host` passed on. */
export async function openProxy(
  port: number,
): Promise<AsyncDisposable & { readonly url: URL; cut(): void }> {
  const { certificate: cert, key } = makeCertificate();
  const server = createServer({ cert, key }, (incoming, outgoing) => {
    const { headers, method = 'GET', url: path = '/' } = incoming;
    const forwarded = { ...headers, 'x-forwarded-for': '203.0.113.7' };
    const asked = request({ port, host: '127.0.0.1', method, path, headers: forwarded });
    asked.on('response', (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      pipeline(response, outgoing).catch(() => outgoing.destroy());
    });
    asked.on('error', () => outgoing.destroy());
    outgoing.on('close', () => asked.destroy());
    incoming.pipe(asked);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port: own } = server.address() as AddressInfo;
  return {
    url: new URL(`https://page.localhost:${own}`),
    cut: () => server.closeAllConnections(),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A tab that has entered by `link`, once the first snapshot is drawn. */
export async function openOperatorTab(
  browser: Browser,
  link: URL,
  options: BrowserContextOptions = {},
): Promise<AsyncDisposable & { readonly tab: Page; readonly complaints: readonly string[] }> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, ...options });
  const tab = await context.newPage();
  const complaints = complaintsOf(tab);
  await tab.goto(link.href);
  await tab.getByRole('heading', { name: 'Lounge in Harbour' }).waitFor();
  return { tab, complaints, [Symbol.asyncDispose]: () => context.close() };
}
