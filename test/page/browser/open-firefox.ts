import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { firefoxPath, pulseAudioPath } from '#test/page/firefox.ts';

/** An element by what assistive technology calls it. */
export interface Accessible {
  readonly role: string;
  readonly name: string;
}

/** The one tab of Firefox. Waits end with the test. */
export interface FirefoxTab {
  /** Opens an address. */
  open(url: URL): Promise<void>;
  /** Evaluates an expression of the page, whose value can be JSON, and waits for its promise. */
  evaluate<Value>(expression: string): Promise<Value>;
  /** Runs a script before those of each page that is opened from now on. */
  addScript(script: string): Promise<void>;
  /** Waits until an element is there, and gives the number of such elements. */
  waitFor(element: Accessible): Promise<number>;
  /** Waits until no such element is there. */
  waitForNone(element: Accessible): Promise<void>;
  /** Presses an element with the pointer, as a person does: browsers trust it. */
  press(element: Accessible): Promise<void>;
  /** Types into the element that has the focus. */
  type(text: string): Promise<void>;
}

/** Settings of the profile: the microphone is a tone of Firefox's own, which nobody has to allow. */
const preferences = {
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'browser.shell.checkDefaultBrowser': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'app.normandy.enabled': false,
};

const pollMs = 50;

type BidiReply = {
  readonly id?: number;
  readonly error?: string;
  readonly message?: string;
  readonly result?: unknown;
};
type BidiNode = { readonly sharedId: string };

/** WebDriver BiDi over one socket. Source: https://www.w3.org/TR/webdriver-bidi/ */
class BidiSession {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #lastId = 0;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => this.#takeReply(JSON.parse(`${data}`)));
  }

  /** Sends a command, and gives its result. Throws what Firefox refuses. */
  async send<Result>(method: string, params: object): Promise<Result> {
    const id = ++this.#lastId;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    this.#socket.send(JSON.stringify({ id, method, params }));
    return (await waiting.promise) as Result;
  }

  #takeReply({ id = 0, error, message, result }: BidiReply) {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(result);
    else waiting?.reject(new Error(`Firefox: ${error}: ${message}`));
  }
}

class BidiTab implements FirefoxTab {
  readonly #session: BidiSession;
  readonly #context: string;

  constructor(session: BidiSession, context: string) {
    this.#session = session;
    this.#context = context;
  }

  async open(url: URL): Promise<void> {
    await this.#send('browsingContext.navigate', { url: url.href, wait: 'complete' });
  }

  async evaluate<Value>(expression: string): Promise<Value> {
    const json = `(async () => JSON.stringify(await (${expression})) ?? 'null')()`;
    const target = { context: this.#context };
    const reply = await this.#session.send<{
      readonly result?: { readonly value: string };
      readonly exceptionDetails?: { readonly text: string };
    }>('script.evaluate', { expression: json, target, awaitPromise: true });
    if (!reply.result) throw new Error(`Firefox: ${reply.exceptionDetails?.text}`);
    return JSON.parse(reply.result.value);
  }

  async addScript(script: string): Promise<void> {
    const functionDeclaration = `() => { ${script} }`;
    await this.#session.send('script.addPreloadScript', { functionDeclaration });
  }

  async waitFor(element: Accessible): Promise<number> {
    return (await this.#waitForNodes(element)).length;
  }

  async waitForNone(element: Accessible): Promise<void> {
    while ((await this.#findNodes(element)).length > 0) await this.#pause();
  }

  async press(element: Accessible): Promise<void> {
    const [node] = await this.#waitForNodes(element);
    const origin = { type: 'element', element: { sharedId: node?.sharedId } };
    const actions = [
      { type: 'pointerMove', x: 0, y: 0, origin },
      { type: 'pointerDown', button: 0 },
      { type: 'pointerUp', button: 0 },
    ];
    await this.#send('input.performActions', {
      actions: [{ type: 'pointer', id: 'mouse', actions }],
    });
  }

  async type(text: string): Promise<void> {
    const actions = [...text].flatMap((value) => [
      { type: 'keyDown', value },
      { type: 'keyUp', value },
    ]);
    await this.#send('input.performActions', {
      actions: [{ type: 'key', id: 'keys', actions }],
    });
  }

  async #waitForNodes(element: Accessible) {
    let nodes = await this.#findNodes(element);
    while (nodes.length === 0) {
      await this.#pause();
      nodes = await this.#findNodes(element);
    }
    return nodes;
  }

  async #findNodes(value: Accessible) {
    const locator = { type: 'accessibility', value };
    const { nodes } = await this.#send<{ readonly nodes: readonly BidiNode[] }>(
      'browsingContext.locateNodes',
      { locator },
    );
    return nodes;
  }

  /** Lets the page go on: BiDi tells of no change of an element. */
  async #pause() {
    await this.evaluate(`new Promise((resolve) => setTimeout(resolve, ${pollMs}))`);
  }

  async #send<Result>(method: string, params: object): Promise<Result> {
    return await this.#session.send(method, { context: this.#context, ...params });
  }
}

/**
 * Opens Debian's Firefox without a window, in a profile of its own. It plays into PulseAudio's sink for nobody: without a
 * loudspeaker Firefox never begins to play.
 */
export async function openFirefox(): Promise<
  AsyncDisposable & { readonly tab: FirefoxTab }
> {
  await using opening = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'parley-firefox-'));
  opening.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const profile = join(folder, 'profile');
  await mkdir(profile);
  const lines = Object.entries(preferences).map(
    ([name, value]) => `user_pref("${name}", ${value});`,
  );
  await writeFile(join(profile, 'user.js'), lines.join('\n'));
  const soundPath = join(folder, 'sound');
  const env = { HOME: folder, XDG_RUNTIME_DIR: folder };
  const sound = startProcess(
    pulseAudioPath,
    [
      '-n',
      '--daemonize=no',
      '--exit-idle-time=-1',
      '--use-pid-file=no',
      '--disable-shm=yes',
      '--load=module-null-sink',
      `--load=module-native-protocol-unix socket=${soundPath} auth-anonymous=1`,
    ],
    env,
  );
  opening.use(sound);
  const firefox = startProcess(
    firefoxPath,
    ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0'],
    { ...env, PULSE_SERVER: `unix:${soundPath}` },
  );
  opening.use(firefox);
  const url = await firefox.findInErrors(/WebDriver BiDi listening on (ws:\S+)/);
  const socket = new WebSocket(`${url}/session`);
  opening.defer(() => socket.terminate());
  await once(socket, 'open');
  const session = new BidiSession(socket);
  await session.send('session.new', { capabilities: {} });
  const { contexts } = await session.send<{
    readonly contexts: readonly { readonly context: string }[];
  }>('browsingContext.getTree', {});
  const opened = opening.move();
  return {
    tab: new BidiTab(session, contexts[0]?.context ?? ''),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** Starts a process, which is ended with the returned object. */
function startProcess(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
) {
  const child = spawn(command, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = once(child, 'exit');
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const findInErrors = async (pattern: RegExp) => {
    while (!pattern.test(errors)) await once(child.stderr, 'data');
    return pattern.exec(errors)?.[1] ?? '';
  };
  const endFirefox = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  return { findInErrors, [Symbol.asyncDispose]: endFirefox };
}
