import { getEventListeners } from 'node:events';
import type { Packet } from '#src/audio/jitter-buffer.ts';
import { toPersonId } from '#src/base/ids.ts';
import { ConversationLoop } from '#src/conversation/conversation-loop.ts';
import type { OuterEffect } from '#src/conversation/machine/effects.ts';
import type {
  ConversationEvent,
  InnerEvent,
} from '#src/conversation/machine/events.ts';
import {
  createConversationState,
  type SessionSettings,
} from '#src/conversation/machine/state.ts';
import type {
  ConversationStep,
  stepConversation,
} from '#src/conversation/machine/step.ts';
import { toOpenText } from '#src/people/owned.ts';
import { openRoom, passUntil } from '#test/conversation/setup/open-room.ts';
import {
  adam,
  joinLounge,
  lounge,
  makeTalkativeChat,
  passTime,
  type SessionFixture,
  sayWords,
} from '#test/conversation/setup/session-fixture.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const minuteMs = 60_000;
/** Until nothing of what happened passes by itself any more. */
const settledMs = 25_000;
/**
 * Seats are told to be alive four times a minute, in all channels together, each with a deadline of the session and one of the
 * store; the channel is looked at once.
 */
const timersAMinute = 19;

/** Counts the timers that are started, and those that fire. */
class CountingClock extends VirtualClock {
  started = 0;
  fired = 0;

  override sleep(ms: number, signal: AbortSignal) {
    this.started++;
    return super.sleep(ms, signal);
  }

  override later(ms: number, run: () => void): () => void {
    this.started++;
    return super.later(ms, () => {
      this.fired++;
      run();
    });
  }
}

/** The bot with Adam in a room in which nothing has happened for a while. */
async function openQuietSession() {
  const clock = new CountingClock();
  const fixture = await joinLounge({ addressing: 'auto' }, [adam], clock);
  await passTime(fixture, settledMs);
  return { clock, fixture };
}

async function timersIn(fixture: SessionFixture, clock: CountingClock, ms: number) {
  const { started } = clock;
  await passTime(fixture, ms);
  return clock.started - started;
}

test('in a channel where nobody speaks, nothing plays and nobody waits, no timer runs for its own sake', async () => {
  const { clock, fixture } = await openQuietSession();
  expect(await timersIn(fixture, clock, 10 * minuteMs)).toBeLessThanOrEqual(
    10 * timersAMinute,
  );
});

test('while somebody speaks and while the bot does, packets and frames drive the clock, and hardly a timer fires', async () => {
  const clock = new CountingClock();
  const fixture = await joinLounge(
    { addressing: 'auto', pipeline: makeTalkativeChat() },
    [adam],
    clock,
  );
  await passTime(fixture, settledMs);
  const firedIn = async (ms: number, packets: readonly Packet[] = []) => {
    const { fired } = clock;
    await passTime(fixture, ms, packets);
    return clock.fired - fired;
  };
  const said = await sayWords('human-cards-004', adam, clock.nowMs() + 20);
  expect(await firedIn(600, said)).toBeLessThan(10);
  await passTime(
    fixture,
    3_000,
    said.filter(({ atMs }) => atMs > clock.nowMs()),
  );
  const { sent } = fixture.linkOpener.link;
  expect(await firedIn(2_000)).toBeLessThan(10);
  expect(fixture.linkOpener.link.sent - sent).toBe(100);
});

test('a person in a quiet channel is answered as soon as in a busy one', async () => {
  const { clock, fixture } = await openQuietSession();
  const tookMs = async () => {
    const startMs = clock.nowMs();
    const countAnswers = () =>
      fixture.events.filter(({ kind }) => kind === 'answered').length;
    const countedBefore = countAnswers();
    const packets = await sayWords('human-cards-004', adam, startMs + 20);
    await passUntil(fixture, () => countAnswers() !== countedBefore, packets);
    return clock.nowMs() - startMs;
  };
  const quietMs = await tookMs();
  await passTime(fixture, 3_000);
  expect(quietMs - (await tookMs())).toBeLessThanOrEqual(20);
});

test('an announcement that is over leaves nothing that listens to the session', async () => {
  const fixture = await openRoom({});
  const session = fixture.sessions.findSession(lounge.guildId);
  const { signal, mouth } = session ?? expect.fail('no session');
  const countListeners = () => getEventListeners(signal, 'abort').length;
  const countedBefore = countListeners();
  for (let n = 0; n < 3; n++) {
    const clauses = [toOpenText('Captions are on.')];
    mouth.requests.queueAnnouncement({ clauses, when: 'queue', signal });
    await passTime(fixture, 5_000);
  }
  expect(countListeners()).toBe(countedBefore);
});

const settings: SessionSettings = {
  mode: 'talk',
  addressing: 'auto',
  isSparing: false,
  trustsPartials: false,
  names: ['Nova'],
  leaveAfterMs: 60_000,
};
const cut: InnerEvent = { kind: 'barged', reply: 7, action: 'stop' };

/** Begins a loop whose step answers each kind of event with the listed effects, and notes what happens. */
function openLoop(
  effects: Readonly<
    Partial<Record<ConversationEvent['kind'], ConversationStep['effects']>>
  >,
  performInner: (loop: ConversationLoop) => readonly InnerEvent[],
  performOuter: (effect: OuterEffect, loop: ConversationLoop) => void = () => undefined,
) {
  const happened: string[] = [];
  const decideStep: typeof stepConversation = (state, { kind }) => {
    happened.push(kind);
    return { state, effects: effects[kind] ?? [] };
  };
  const state = createConversationState(settings);
  const loop = new ConversationLoop(
    { clock: new VirtualClock(), decide: decideStep },
    state,
  );
  loop.begin({
    getSettings: () => settings,
    listPeople: () => [],
    getConsents: () => ({ ...state.presence.consent, told: [] }),
    onBug: (error) => happened.push(String(error)),
    onChange: () => happened.push('at rest'),
    performInner(effect) {
      happened.push(effect.do);
      return performInner(loop);
    },
    performOuter(effect) {
      happened.push(effect.do);
      performOuter(effect, loop);
    },
  });
  happened.length = 0;
  return { happened, loop };
}

test('what ear and mouth know at once is handled before anything is asked of the outside', () => {
  const { happened, loop } = openLoop(
    {
      stop: [
        { do: 'end', why: 'alone' },
        { do: 'cut', reply: 7 },
      ],
    },
    () => [cut],
  );
  loop.post({ kind: 'stop' });
  expect(happened).toEqual(['stop', 'cut', 'barged', 'end', 'at rest']);
});

test('a post inside a post is a bug, and is not handled', () => {
  const { happened, loop } = openLoop({ stop: [{ do: 'cut', reply: 7 }] }, (inner) => {
    inner.post(cut);
    return [];
  });
  loop.post({ kind: 'stop' });
  expect(happened).toEqual([
    'stop',
    'cut',
    "Error: 'barged' was posted while another event was handled.",
    'at rest',
  ]);
});

test('what the outside posts is handled at once, and its effects wait for those before them', () => {
  const by = toPersonId('1');
  const { happened, loop } = openLoop(
    {
      stop: [
        { do: 'forget-person', by },
        { do: 'tell-unpaid', by },
      ],
      leave: [{ do: 'end', why: 'alone' }],
    },
    () => [],
    (effect, outer) => {
      if (effect.do === 'forget-person') outer.post({ kind: 'leave', why: 'alone' });
    },
  );
  loop.post({ kind: 'stop' });
  expect(happened).toEqual([
    'stop',
    'forget-person',
    'leave',
    'tell-unpaid',
    'end',
    'at rest',
  ]);
});
