import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { openOperatorTools } from '#src/app/shared-deps.ts';
import { toChannelId, toGuildId, toPersonId } from '#src/base/ids.ts';
import { readExternalTools } from '#src/config/tool-servers.ts';
import { findToolWish } from '#src/conversation/machine/wish.ts';
import type { ToolEntry, ToolPorts } from '#src/conversation/tools/tool-entry.ts';
import { defineTool } from '#src/features/contract/tool-definition.ts';
import { tools } from '#src/features/features.ts';
import type { LeaveOutcome } from '#src/ports/command-ports.ts';
import type { GuildSettings } from '#src/settings/guild-settings.ts';
import { playScripts } from '#test/conversation/setup/play-script.ts';
import {
  adam,
  eva,
  lounge,
  places,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { sourceFiles } from '#test/source-files.ts';

const never = new AbortController().signal;

/** A room of Ana and two who did not agree, at noon of a winter's day. */
function openRoom(leaving: LeaveOutcome = { kind: 'nowhere' }) {
  const ports: Pick<ToolPorts, 'askerId' | 'channel' | 'clock' | 'getSettings'> = {
    askerId: toPersonId('ana'),
    clock: { wallMs: () => Date.UTC(2026, 11, 24, 12) },
    getSettings: () => ({ timeZone: 'Pacific/Kiritimati' }) as GuildSettings,
    channel: {
      describeCompany: () => ({ names: ['Ana'], others: 2, bots: 1 }),
      post: async () => undefined,
      leave: async () => leaving,
    },
  };
  const prepareTool = async (name: string, call: object) => {
    const tool = tools.find((featureTool) => featureTool.name === name);
    const fit = tool?.bind({}).parseArguments(JSON.stringify(call));
    if (!fit || 'unfit' in fit) throw new Error(fit?.unfit ?? 'no such tool');
    const prepared = await fit.prepare(ports as ToolPorts, never); // none of these tools uses the context
    return prepared.kind === 'ready' ? prepared : expect.fail();
  };
  const runTool = async (name: string, call: object) =>
    await (await prepareTool(name, call)).run(
      findToolWish('last', 'confirmed'),
      ports as ToolPorts,
      never,
    );
  return { prepare: prepareTool, run: runTool };
}

test('the time is told here and in any zone, and a zone there is not is no error', async () => {
  const { run } = openRoom();
  const tokyo = await run('time', { zone: 'Asia/Tokyo' });
  expect(tokyo.facts.zone).toBe('Asia/Tokyo');
  expect(tokyo.facts.now).toMatch(/^Thursday,? 24 December 2026 at 21:00$/);
  expect((await run('time', {})).facts).toEqual({
    now: expect.stringContaining('25 December 2026 at 02:00'),
    zone: 'Pacific/Kiritimati',
  });
  expect((await run('time', { zone: '../etc' })).facts).toEqual({
    unknownZone: '../etc',
  });
});

test('a person who has the bot leave is told how long it stayed, or that it sits nowhere', async () => {
  expect((await openRoom().run('leave', {})).line).toEqual({ id: 'leave.nowhere' });
  const left = {
    kind: 'left',
    channel: 'Lounge',
    stayedMs: 61_000,
    hasTranscript: false,
  } as const;
  expect((await openRoom(left).run('leave', {})).line).toEqual({
    id: 'leave.ok',
    with: { channel: 'Lounge', duration: '1 min' },
  });
});

test('a long text stands whole in a file, and its beginning beside the button', async () => {
  const text = 'Look, Ana. '.repeat(130).trim();
  expect(await openRoom().prepare('post_text', { text })).toMatchObject({
    question: {
      id: 'tool.post.ask',
      with: { text: expect.stringMatching(/^Look, Ana\. [\s\S]*\u2026$/) },
    },
    files: [{ name: 'text.txt', text }],
  });
});

test.each([
  [{ deed: 'volume' }],
  [{ deed: 'volume', level: 30, change: 10 }],
  [{ deed: 'volume', level: 201 }],
  [{ deed: 'fade' }],
  [{ deed: 'fade', level: 20, seconds: 601 }],
  [{ deed: 'seek' }],
  [{ deed: 'seek', to: 'the middle' }],
  [{ deed: 'remove' }],
  [{ deed: 'eat' }],
])('%j fits no tool', (fields) =>
  expect(openRoom().run('change_track', fields)).rejects.toThrow(),
);

const many = { list: Array(2_001).fill(5) };

test('a tool of the bot sees no arguments of many values', () => {
  const schema = z.looseObject({});
  const seen = vi.spyOn(schema, 'safeParse');
  const own = defineTool({
    name: 'own',
    description: 'Does something.',
    schema,
    right: 'anyone',
    act: { writes: 'nothing' },
    run: async () => ({ facts: {} }),
  });
  expect(own.bind({}).parseArguments(JSON.stringify(many))).toHaveProperty('unfit');
  expect(seen).toHaveBeenCalledWith(undefined);
});

/** What a program is told of: nothing. */
const noPorts = {
  askerId: '',
  listPeople: () => [],
  getSettings: () => ({}),
} as unknown as ToolPorts;

/** Settings of an operator, with a program all of whose tools may be called. */
async function configureProgram(mode: string) {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-operator-'));
  const path = join(dataDir, 'mcp.json');
  const args = [resolve('test/fakes/mcp/stdio-server.ts'), mode];
  const fake = { command: process.execPath, args, who: 'anyone', effect: 'read' };
  await writeFile(path, JSON.stringify({ mcpServers: { fake } }));
  const read = readExternalTools(path, {});
  if (read.kind === 'bad') throw new Error(read.mistakes.join());
  return { dataDir, externalTools: read.tools };
}

const wish = findToolWish('last', 'confirmed');

async function runTool(tool: ToolEntry | undefined, fields: object) {
  const fitting = tool?.parseArguments(JSON.stringify(fields));
  if (!fitting || 'unfit' in fitting) throw new Error('it does not fit');
  const action = await fitting.prepare(noPorts, never);
  return action.kind === 'ready' && (await action.run(wish, noPorts, never)).facts;
}

test('a program is started with the bot, started again when it crashed, and ended with the bot', async () => {
  const { dataDir, externalTools } = await configureProgram('modern');
  const reported: string[] = [];
  await using tools = await openOperatorTools(externalTools, dataDir, (message) =>
    reported.push(message),
  );
  const findTool = (name: string) =>
    tools.listTools().find((tool) => tool.name === name);
  await expect
    .poll(() => findTool('fake__echo') !== undefined, { timeout: 30_000 })
    .toBe(true);
  expect(findTool('fake__echo')).toBe(findTool('fake__echo'));
  expect(await runTool(findTool('fake__echo'), { text: 'hi' })).toEqual({
    text: 'You said hi.',
  });
  await expect(runTool(findTool('fake__crash'), {})).rejects.toMatchObject({
    code: 'tool.crashed',
  });
  expect(findTool('fake__echo')).toBeUndefined();
  await expect
    .poll(() => findTool('fake__echo') !== undefined, { timeout: 30_000 })
    .toBe(true);
  expect(await runTool(findTool('fake__echo'), { text: 'again' })).toEqual({
    text: 'You said again.',
  });
  expect(
    reported.some((text) => text.includes('it is tried again, first in 1 s')),
  ).toBe(true);
}, 90_000);

test('the SDK is loaded by what is imported dynamically only, also by the doctor', async () => {
  const loading: string[] = [];
  const value =
    /^import (?!type\b)[^;]*?'(@modelcontextprotocol\/client|[^']*\/(?:mcp-connection|mcp-servers))(?:\.ts)?'/gm;
  for await (const path of sourceFiles('{src,commands,doctor,setup}/**/*.ts')) {
    if (value.test(await readFile(path, 'utf8'))) loading.push(path);
    value.lastIndex = 0;
  }
  expect(loading.sort()).toEqual([
    'doctor/examine-tool-servers.ts',
    'src/features/tools/mcp/mcp-connection.ts',
    'src/features/tools/mcp/mcp-servers.ts',
  ]);
  expect(await readFile('doctor/all-probes.ts', 'utf8')).toContain(
    "await import('./examine-tool-servers.ts')",
  );
});

const findSession = ({ sessions }: SessionFixture) =>
  sessions.findSession(toGuildId('g'));

playScripts({
  'captions are turned on and off by voice': `
    with tools
    model: call captions {"on":true} || All right.
    adam asks: Captions on, please. > told adam: answered All right., tool captions ran
    5000 > answered Adam: All right., played voice: completed, says captions.on
    results > {"result":{"outcome":"Captions on, for people I may hear."}}
    model: call captions {"on":false} || All right.
    adam asks: Captions off.
    > told adam: answered All right., tool captions ran, writes captions.off
    5000 > answered Adam: All right.
    results > {"result":{"outcome":"Captions off."}}
    panel > join.ok; listening; people.yes names Adam; people.unasked names Eva
    `,
  'whoever asks to be left out is not written at once, and written again by their own press':
    [
      {
        acts: {
          listWritten: (fixture) =>
            [adam, eva].map(({ id }) => findSession(fixture)?.consent.canWrite(id)),
        },
      },
      `
    with tools
    eva joins > already consent brief
    model: call captions {"on":true} || All right.
    adam asks: Captions on. > told adam: answered All right., tool captions ran
    5000 > answered Adam: All right., played voice: completed, says captions.on
    do listWritten > true, true
    model: call leave_me_out {"out":true} || All right.
    adam asks: Leave me out.
    > told adam: answered All right., tool leave_me_out ran, writes captions.left_out
    5000 > answered Adam (left out): All right.
    results
    > {"result":{"outcome":"Understood. I don't caption or interpret you; whom I hear stays as it is."}}
    do listWritten > false, true
    # Words of somebody else.
    persona name Max > saved saved true
    model: call leave_me_out {"out":false} || All right.
    adam asks: Write me again.
    > told adam: answered Adam, shall I write your words in the captions again? Say yes or no.
    > tool leave_me_out asked
    > says tool.spoken.ask (Adam, shall I write your words in the captions again?)
    > writes tool.spoken.ask (Adam, shall I write your words in the captions again?)
    > offers 1 buttons
    5000
    > answered Adam (left out): Adam, shall I write your words in the captions again? Say yes or no.
    do listWritten > false, true
    adam confirms > completed captions.left_in, tool leave_me_out pressed
    do listWritten > true, true
    `,
    ],
  'the bot follows whoever asks, until they ask it no longer to': [
    {
      acts: { findFollowed: (fixture) => findSession(fixture)?.followedId ?? 'nobody' },
    },
    `
    with tools
    model: call follow {"follow":true} || All right.
    adam asks: Follow me. > told adam: answered All right., tool follow ran, writes tool.follow.on
    5000 > answered Adam: All right.
    do findFollowed > adam
    model: call follow {"follow":false} || All right.
    adam asks: Stop following me.
    > told adam: answered All right., tool follow ran, writes tool.follow.off
    5000 > answered Adam: All right.
    do findFollowed > nobody
    `,
  ],
});

const findSpeech = ({ sessions }: SessionFixture) =>
  sessions.findSession(toGuildId('g'))?.mouth;
const readPace = (fixture: SessionFixture) =>
  findSpeech(fixture)?.mix.pace.speed?.toFixed(2);
const managers = new Set<string>();
const mayManage = (_guildId: string, id: string) => managers.has(id);

playScripts({
  'the bot’s own voice is set or changed from 0 to 200 %': [
    {
      acts: {
        readPercent: (fixture) =>
          findSpeech(fixture)?.mix.tracks.own.voice.state.percent,
      },
    },
    `
    with tools
    model: call volume {"level":150} || Done.
    adam asks: Otherwise.
    > told adam: answered Done., tool volume ran, writes track.volume (voice) (150)
    6000 > answered Adam: Done.
    results > {"result":{"outcome":"Volume of voice: 150 %."}}
    do readPercent > 150
    model: call volume {"change":150} || Done.
    adam asks: Otherwise.
    > told adam: answered Done., tool volume ran, writes track.volume (voice) (200)
    6000 > answered Adam: Done.
    results > {"result":{"outcome":"Volume of voice: 200 %."}}
    do readPercent > 200
    model: call volume {"change":-150} || Done.
    adam asks: Otherwise.
    > told adam: answered Done., tool volume ran, writes track.volume (voice) (50)
    6000 > answered Adam: Done.
    results > {"result":{"outcome":"Volume of voice: 50 %."}}
    do readPercent > 50
    model: call volume {"change":-150} || Done.
    adam asks: Otherwise.
    > told adam: answered Done., tool volume ran, writes track.volume (voice) (0)
    6000 > answered Adam: Done.
    results > {"result":{"outcome":"Volume of voice: 0 %."}}
    do readPercent > 0
    model: call volume {"change":30} || Done.
    adam asks: Otherwise.
    > told adam: answered Done., tool volume ran, writes track.volume (voice) (30)
    6000 > answered Adam: Done.
    results > {"result":{"outcome":"Volume of voice: 30 %."}}
    do readPercent > 30
    model: call volume {"level":0} || Done.
    adam asks: Otherwise.
    > told adam: answered Done., tool volume ran, writes track.volume (voice) (0)
    6000 > answered Adam: Done.
    results > {"result":{"outcome":"Volume of voice: 0 %."}}
    do readPercent > 0
    `,
  ],
  'the pace changes by steps that take each other back, until it is usual again': [
    { acts: { pace: readPace } },
    `
    with tools
    model: call speed {"change":"slower"} || So.
    adam asks: Otherwise. > told adam: answered So., tool speed ran, writes voice.speed (0.85)
    6000 > answered Adam: So.
    do pace > 0.85
    model: call speed {"change":"slower"} || So.
    adam asks: Otherwise. > told adam: answered So., tool speed ran, writes voice.speed (0.72)
    6000 > answered Adam: So.
    do pace > 0.72
    model: call speed {"change":"faster"} || So.
    adam asks: Otherwise. > told adam: answered So., tool speed ran, writes voice.speed (1)
    6000 > answered Adam: So.
    do pace > 1.00
    model: call speed {"change":"faster"} || So.
    adam asks: Otherwise. > told adam: answered So., tool speed ran, writes voice.speed (1.18)
    6000 > answered Adam: So.
    do pace > 1.18
    model: call speed {"change":"usual"} || So.
    adam asks: Otherwise. > told adam: answered So., tool speed ran, writes voice.speed (1)
    6000 > answered Adam: So.
    do pace > 1.00
    `,
  ],
  'only a person who manages the server can have the persona changed, field by field': [
    {
      places: { ...places, mayManage },
      acts: {
        addManager: () => void managers.add('adam'),
        readPersona: async ({ personas }) =>
          JSON.stringify(
            await personas.getPersona(toGuildId('g'), toChannelId(lounge.channelId)),
          ),
      },
    },
    `
    with tools
    model: call persona {"name":"Max","instructions":"Be brief."} || So.
    adam asks: Call yourself Max. > told adam: answered So., tool persona refused
    6000 > answered Adam: So.
    results > {"error":"Whoever asks has not the right to that (manage). Nothing has happened."}
    do addManager
    model: call persona {"instructions":""} || So.
    adam asks: Be as you were.
    > told adam: answered So., tool persona ran, writes persona.changed (Adam) (instructions: -)
    6000 > answered Adam: So.
    do readPersona > {}
    model: call persona {"language":"of the elves"} || Sorry.
    adam asks: Speak as elves do. > told adam: answered Sorry., tool persona ran
    6000 > answered Adam: Sorry.
    results > {"result":{"refused":"language (language)"}}
    `,
  ],
});
