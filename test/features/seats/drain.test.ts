import { toGuildId, toPersonId } from '#src/base/ids.ts';
import type { Pipeline } from '#src/pipeline/pipeline.ts';
import { playScripts } from '#test/conversation/setup/play-script.ts';
import {
  adam,
  lounge,
  makeTalkativeChat,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';

const second = {
  samples: new Int16Array(24_000).fill(1),
  rateHz: 24_000,
  channels: 1,
} as const;

/** Answers with ten clauses of a second each. */
const clauses: Pipeline = {
  async *answer() {
    for (let n = 1; n <= 10; n++) {
      yield { kind: 'text', text: `Clause ${n}. ` };
      yield { kind: 'audio', pcm: second, ofText: `Clause ${n}.` };
    }
  },
};

const drained = new WeakSet<SessionFixture>();
const acts = {
  drain: (fixture: SessionFixture) =>
    void fixture.sessions.drainAll(5_000).then(() => drained.add(fixture)),
  isDrained: (fixture: SessionFixture) => drained.has(fixture),
};
const fields = { people: [adam], pipeline: clauses, acts };

playScripts({
  'at a drain the running answer ends with its clause, and the heard part of it is known':
    [
      fields,
      `
    adam asks: What?
    1500
    do drain
    > told adam: answered Clause 1. Clause 2. Clause 3. Clause 4. Clause 5. Clause 6. Clause 7. Clause 8. Clause 9. Clause 10.
    1000 > answered Adam (cancelled): Clause 1. Clause 2.
    do isDrained > true
    5000
    `,
    ],
  'people who were not answered are told once, and who typed the question, too': [
    fields,
    `
    adam asks: What?
    500
    ben asks: What?
    eva asks: What?
    100
    do drain
    > told ben: failed seat.stopped
    > told eva: failed seat.stopped
    > told adam: answered Clause 1. Clause 2. Clause 3. Clause 4. Clause 5. Clause 6. Clause 7. Clause 8. Clause 9. Clause 10.
    > dropped Ben: ending
    > dropped Eva: ending
    6000 > answered Adam (cancelled): Clause 1., writes seat.stopped
    `,
  ],
  'a question that comes while the last clause sounds is told as unanswered': [
    fields,
    `
    adam asks: What?
    1050
    do drain
    > told adam: answered Clause 1. Clause 2. Clause 3. Clause 4. Clause 5. Clause 6. Clause 7. Clause 8. Clause 9. Clause 10.
    400
    ben asks: What? > told ben: failed seat.stopped, dropped Ben: ending
    6000 > answered Adam (cancelled): Clause 1. Clause 2., writes seat.stopped
    `,
  ],
  'nothing new is taken meanwhile: no call, no question, no text': [
    {
      people: [adam],
      pipeline: makeTalkativeChat(),
      acts: {
        ...acts,
        joinElsewhere: ({ sessions }) =>
          sessions.join({ ...lounge, guildId: toGuildId('h') }, toPersonId('eva')),
      },
    },
    `
    adam asks: What?
    1000
    do drain
    200
    do joinElsewhere > stopping
    ben asks: What? > told ben: failed seat.stopped, dropped Ben: ending
    read: Hello. > nowhere
    6000 > writes seat.stopped
    `,
  ],
});
