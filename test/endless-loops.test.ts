import { readFile } from 'node:fs/promises';
import { parseSync, Visitor } from 'oxc-parser';
import { expect, test } from 'vitest';
import { sourceFiles } from '#test/source-files.ts';

/** Loops that wait and are not periodic tasks: file, or folder, and why each may end or cannot. */
const allowed: Readonly<Record<string, string>> = {
  'src/base/periodic-task.ts': 'the one loop that runs all periodic tasks',
  // They end by themselves.
  'src/discord/library/cipher-check.ts': 'one self-test at the start',
  'src/discord/link/discovery.ts': 'one discovery of an address, with a deadline',
  'src/conversation/guild-removal.ts': 'one erasure, with a limited number of tries',
  'src/conversation/voice-sessions.ts': 'the end of the process',
  'src/features/settings/answer-checkup.ts': 'one cue of one check',
  'src/storage/data-dir/data-dir-lock.ts': 'one start',
  'src/storage/database.ts': 'one opening of a file',
  'src/storage/postgres/write-queue.ts': 'one write',
  'src/provider/warm-connections.ts': '12 s after a call; begun again by the next one',
  // They belong to one session, link, answer or viewer, whose owner is told of an error and rebuilds it.
  'src/discord/account/live-trial.ts': 'one cut socket: the link comes back or is lost',
  'src/discord/captions/channel-writer.ts':
    'a timer for messages that wait, set again by each of them',
  'src/discord/link/pacer.ts': 'frames of one link, begun by each sound',
  'src/discord/panel/': 'timers for one message that waits, set again by each change',
  'src/discord/watchdogs/link-watchdog.ts': 'watchdog of one link',
  'src/provider/json-socket.ts': 'heartbeat of one connection',
  'src/base/waiting.ts': 'a deadline of one stream',
  'src/conversation/alerts/answer-deadline-watchdog.ts': 'one answer',
  'src/features/captions/': 'captions of one session',
  'src/conversation/hearing/guild-consents.ts': 'one watch of the store while there are sessions',
  'src/conversation/hearing/person-choices.ts': 'one choice that waits for the store',
  'src/conversation/output/speech-output.ts': 'speech of one session',
  'src/conversation/presence/role-watch.ts': 'one session',
  'src/features/seats/automatic-joins.ts': 'one join that waits, with a limited number of tries',
  'src/features/tracks/track-persistence.ts': 'one session',
  'src/conversation/voice-session.ts': 'one session',
  // A timer that is set before its round: an error in the round is logged and ends nothing.
  'src/ops/log.ts': 'repetitions of one line; its timer is set first',
  'src/discord/rest-clock.ts': 'its next round is set first',
  'src/discord/watchdogs/seat-watch.ts': 'its next round is set first',
  'src/ops/loop-delay.ts': 'an interval goes on after an error',
  // The start waits for the database within a deadline; the watchdog beside it is a periodic task.
  'src/storage/postgres/keep-stores.ts': 'one start',
};

type Place = { readonly start: number; readonly end: number };
type CalledFunction = { readonly name: string; readonly at: Place };

/** Calls that wait for time to pass. */
const pauses = new Set(['sleep', 'wait']);
/** Calls that run something when time has passed. */
const timers = new Set(['later', 'setTimeout']);

/** Functions and calls of a file, by name; `#private` names stand without their sign. */
function parsed(path: string, text: string) {
  const [calls, functions, loops]: [CalledFunction[], CalledFunction[], Place[]] = [[], [], []];
  const isEndless = (condition: Place | null) =>
    !condition || /^true$|aborted/.test(text.slice(condition.start, condition.end));
  const loop = (node: Place & { readonly test: Place | null }) => {
    if (isEndless(node.test)) loops.push(node);
  };
  new Visitor({
    CallExpression(node) {
      const { callee } = node;
      const named = callee.type === 'MemberExpression' ? callee.property : callee;
      if ('name' in named) calls.push({ name: `${named.name}`, at: node });
      for (const given of node.arguments) {
        if (given.type === 'Identifier') calls.push({ name: given.name, at: given });
      }
    },
    FunctionDeclaration(node) {
      if (node.id) functions.push({ name: node.id.name, at: node });
    },
    VariableDeclarator({ id, init }) {
      if (id.type === 'Identifier' && init?.type === 'ArrowFunctionExpression')
        functions.push({ name: id.name, at: init });
    },
    MethodDefinition({ key, value }) {
      if ('name' in key) functions.push({ name: `${key.name}`, at: value });
    },
    WhileStatement: loop,
    DoWhileStatement: loop,
    ForStatement: loop,
  }).visit(parseSync(path, text).program);
  return { calls, functions, loops };
}

function inside(outer: Place, inner: Place): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}

/** Loops that begin again after a pause until something ends them, as `path:line`. */
function endlessLoops(path: string, text: string): string[] {
  const { calls, functions, loops } = parsed(path, text);
  const within = (place: Place) => calls.filter(({ at }) => inside(place, at));
  const bodies = (name: string) => functions.filter((one) => one.name === name);
  /** Whether a call of `from` comes to a call of `to`. */
  const reaches = (from: string, to: string, seen: ReadonlySet<string> = new Set()): boolean =>
    from === to ||
    (!seen.has(from) &&
      bodies(from).some(({ at }) =>
        within(at).some(({ name }) => reaches(name, to, new Set([...seen, from]))),
      ));
  const isSetAgain = (timer: CalledFunction) => {
    const around = functions.filter(({ at }) => inside(at, timer.at));
    const later = within(timer.at).filter(({ name }) => !timers.has(name));
    return around.some((outer) => later.some(({ name }) => reaches(name, outer.name)));
  };
  const found = [
    ...loops.filter((loop) => within(loop).some(({ name }) => pauses.has(name))),
    ...calls.filter(({ name }) => name === 'setInterval').map(({ at }) => at),
    ...calls.filter((call) => timers.has(call.name) && isSetAgain(call)).map(({ at }) => at),
  ];
  return found.map(({ start }) => `${path}:${text.slice(0, start).split('\n').length}`);
}

test('whatever runs for the life of the process is a periodic task', async () => {
  const strays: string[] = [];
  const used = new Set<string>();
  for await (const path of sourceFiles('src/**/*.ts')) {
    const entry = Object.keys(allowed).find((one) => path.startsWith(one));
    const found = endlessLoops(path, await readFile(path, 'utf8'));
    if (entry === undefined) strays.push(...found);
    else if (found.length > 0) used.add(entry);
  }
  expect(strays).toEqual([]);
  const files = Object.keys(allowed).filter((entry) => !entry.endsWith('/'));
  expect(files.filter((entry) => !used.has(entry))).toEqual([]);
});

test.each([
  ['while (!signal.aborted) { work(); await clock.sleep(5, signal); }', 1],
  ['for (;;) { await work(); await wakeup.wait(5); }', 1],
  ['setInterval(work, 5);', 1],
  ['function look() { timing.later(5, look); }', 1],
  ['class A { #look() { this.#t.later(5, () => this.#again()); } #again() { this.#look(); } }', 1],
  ['while (left > 0) { await clock.sleep(5, signal); left -= 1; }', 0],
  ['for (;;) { if (!(await reader.read())) break; }', 0],
  ['function wake() { timing.later(5, done); }', 0],
])('the search for endless loops reads %s', (source, count) => {
  expect(endlessLoops('a.ts', source)).toHaveLength(count);
});
