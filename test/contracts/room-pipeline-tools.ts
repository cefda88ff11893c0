import { expect, test } from 'vitest';
import { peopleReading } from '#src/people/confidential-text.ts';
import type { PipelineName } from '#src/pipeline/pipeline.ts';
import { textOf } from '#test/session/setup/sayings.ts';
import { openServed, type Served } from '#test/session/setup/served-session.ts';
import { adam } from '#test/session/setup/session-fixture.ts';

const call = (name: string, given: object = {}) => ({
  call: { name, argumentsJson: JSON.stringify(given) },
});
const found = { match: 'othersWithoutName', text: 'You are two.' };

/** Tools in whatever answers a room, with real servers behind that. */
export function roomToolContract(name: PipelineName): void {
  runContract(name);
  quoteContract(name);
  effectContract(name);
}

function quoteContract(name: PipelineName): void {
  test(`${name}: lines of captions are quoted by the bot itself, in place of what the model would say of them`, async () => {
    const look = call('find_in_captions', { question: 'How far?', about: 'this' });
    const replies = [
      { match: 'Question: ', text: '[1]' },
      { match: 'linesQuoted', text: 'He said a hundred miles.' },
      { match: 'capital', ...look },
      { match: 'forward', text: 'Ten meters it is.' },
    ];
    await using room = await openServed(name, { replies });
    const turning = room.fixture.captions.turnOn('g', {});
    await room.pass(5_000);
    await turning;
    await room.ask('forward');
    await room.settle();
    const { finish, heardText } = (await room.ask('capital')) ?? {};
    expect([finish, heardText?.replace(/\d\d:\d\d/, '20:14')]).toEqual([
      'completed',
      `Adam, 20:14: ${textOf('forward')}`,
    ]);
    expect(toolsIn(room)).toEqual([['find_in_captions', 'ran', 'adam']]);
    expect(room.running).toEqual([]);
    const { memory } = room.fixture.sessions.session('g')?.context ?? {};
    const known = memory?.messages(peopleReading(['adam'])).messages.at(-1);
    expect(known).toMatchObject({ role: 'assistant', content: heardText });
  });
}

function runContract(name: PipelineName): void {
  test(`${name}: a tool runs once, and what it found out is told`, async () => {
    const replies = [found, { match: 'forward', text: 'One moment.', ...call('who_is_here') }];
    await using room = await openServed(name, { replies });
    expect(await room.ask('forward')).toMatchObject({
      finish: 'completed',
      text: 'One moment. You are two.',
      heardText: 'One moment. You are two.',
    });
    expect(toolsIn(room)).toEqual([['who_is_here', 'ran', 'adam']]);
    expect(room.shown.at(-1)).toContain('"names":["Adam"]');
    const [bill, ...others] = room.spending.bills.filter(({ wanted }) => wanted > 0);
    expect([bill?.used.length, others]).toEqual([2, []]);
  });

  test(`${name}: a tool that an interrupted answer was going to call never runs`, async () => {
    const text = `Well, let me see. ${'It will take me a while to look around here. '.repeat(40)}`;
    const replies = [found, { match: 'forward', text, ...call('who_is_here') }];
    const pace = { tokensPerSecond: 200, soundSpeed: 60 };
    await using room = await openServed(name, { replies, pace });
    await room.say('forward');
    await room.until(() => room.soundedMs(800) > 700, 'some of the answer');
    expect(toolsIn(room)).toEqual([]);
    room.fixture.talk.stop('g');
    await room.settle();
    await room.pass(3_000);
    expect([toolsIn(room), room.running]).toEqual([[], []]);
  });

  test(`${name}: a tool called by an answer that was prepared in vain never runs`, async () => {
    const replies = [found, { match: /./, ...call('who_is_here') }];
    await using room = await openServed(name, { replies, people: [adam] });
    // He pauses and goes on: what was prepared in the pause rests on half of his words.
    const [endMs, pauseMs, leadMs] = [2_260, 200, 480];
    const nowMs = room.fixture.clock.nowMs();
    const first = await room.packets('capital', adam);
    const second = await room.packets('forward', adam, endMs + pauseMs - leadMs);
    await room.pass(6_000, [
      ...first.filter(({ atMs }) => atMs < nowMs + endMs),
      ...second.filter(({ atMs }) => atMs >= nowMs + endMs + pauseMs),
    ]);
    await room.settle();
    const [answered, ...others] = room.fixture.of('answered');
    expect([answered?.text, others]).toEqual(['You are two.', []]);
    expect(toolsIn(room)).toEqual([['who_is_here', 'ran', 'adam']]);
    expect(room.spending.bills.filter(({ wanted }) => wanted === 0).length).toBeGreaterThan(0);
  });
}

function effectContract(name: PipelineName): void {
  test(`${name}: what whoever asks wants in their own words is done without a button`, async () => {
    const set = call('change_track', { deed: 'volume', track: 'voice', level: 50 });
    const replies = [
      { match: 'voice at 50', text: 'Half as loud.' },
      { match: 'speak half', ...set },
    ];
    await using room = await openServed(name, { replies });
    expect(await room.ask('louder')).toMatchObject({ text: 'Half as loud.' });
    expect(toolsIn(room)).toEqual([['change_track', 'ran', 'adam']]);
    expect(room.fixture.offered).toEqual([]);
  });

  test(`${name}: what nobody asked for in their own words waits for the asker's button`, async () => {
    const replies = [
      { match: 'has to press', text: 'Press it.' },
      { match: /^go forward/, text: 'no' },
      { match: 'forward', ...call('change_track', { deed: 'volume', track: 'voice', level: 40 }) },
    ];
    await using room = await openServed(name, { replies });
    expect(await room.ask('forward')).toMatchObject({ text: 'Press it.' });
    expect(toolsIn(room)).toEqual([['change_track', 'asked', 'adam']]);
    const askId = room.fixture.offered.at(-1)?.split(':')[1] ?? '';
    expect(await room.fixture.confirmations.confirm('g', askId, 'eva')).toMatchObject({
      kind: 'other',
    });
    expect(await room.fixture.confirmations.confirm('g', askId, 'adam')).toMatchObject({
      kind: 'done',
    });
    expect(toolsIn(room).at(-1)).toEqual(['change_track', 'pressed', 'adam']);
  });

  test(`${name}: what is stopped while it is weighed has no effect`, async () => {
    const set = call('change_track', { deed: 'volume', track: 'voice', level: 50 });
    let asked = 0;
    const callFor = () => {
      asked += 1;
      if (asked === 2) room.fixture.talk.stop('g'); // before there is any reply to that look
      return set.call;
    };
    const replies = [{ match: 'speak half', callFor }];
    await using room = await openServed(name, { replies, pace: { firstTokenMs: 700 } });
    await room.say('louder');
    await room.until(() => weighed(room) > 0, 'a look at his words');
    await room.settle();
    await room.pass(2_000);
    expect([toolsIn(room), weighed(room)]).toEqual([[], 1]);
    expect(room.fixture.sessions.session('g')?.context.tracks.volume.of('voice')).toBe(100);
  });

  test(`${name}: what was done before the link was lost is not done again, and its result is known`, async () => {
    const set = call('change_track', { deed: 'volume', track: 'voice', level: 50 });
    const replies = [
      { match: 'voice at 50', text: 'Half as loud.' },
      { match: 'speak half', ...set },
    ];
    await using room = await openServed(name, { replies, pace: { firstTokenMs: 100 } });
    await room.say('louder');
    await room.until(() => toolsIn(room).length > 0, 'a volume that is set');
    room.fixture.linkOpener.link.lose();
    await room.until(() => room.fixture.of('answered').length > 0, 'an answer over the next link');
    expect(room.fixture.of('answered').at(-1)).toMatchObject({ text: 'Half as loud.' });
    expect(toolsIn(room)).toEqual([['change_track', 'ran', 'adam']]);
  });

  test(`${name}: the bot leaves by a button only`, async () => {
    const replies = [
      { match: 'has to press', text: 'Press it.' },
      { match: 'forward', ...call('leave') },
    ];
    await using room = await openServed(name, { replies });
    await room.ask('forward');
    expect([toolsIn(room), room.fixture.sessions.at('g')?.name]).toEqual([
      [['leave', 'asked', 'adam']],
      'Lounge',
    ]);
  });
}

/** How often somebody's own words were looked at. */
function weighed({ providers }: Served): number {
  const bodies = providers.requests.map(({ body }) => JSON.stringify(body ?? ''));
  return bodies.filter((body) => body.includes('Somebody speaks to a voice assistant')).length;
}

function toolsIn({ fixture }: Served) {
  return fixture.of('tool').map(({ tool, how, speakerId }) => [tool, how, speakerId]);
}
