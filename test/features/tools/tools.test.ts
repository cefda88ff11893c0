import { toPersonId } from '#src/base/ids.ts';
import { findWish } from '#src/conversation/machine/wish.ts';
import type { ToolPorts } from '#src/conversation/tools/tool-entry.ts';
import { tools } from '#src/features/features.ts';
import type { LeaveOutcome } from '#src/ports/command-ports.ts';
import type { GuildSettings } from '#src/settings/guild-settings.ts';

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
      findWish('last', 'confirmed'),
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
