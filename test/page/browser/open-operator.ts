import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
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
import { openProxy } from './open-proxy.ts';

/** A bot with a token in two servers of this machine's Discord; Adam has called it in Harbour, where Eve said nothing. */
export type OperatorSetup = AsyncDisposable & {
  readonly setup: ScenarioSetup;
  readonly adam: SandboxPerson;
  /** Sits with the bot in the other server. */
  readonly otto: SandboxPerson;
  /** Output of `npm run link`. */
  link(): Promise<URL>;
};

/** A question for a story gets an answer of nearly a minute, which can be stopped. */
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
