import { z } from 'zod';
import { BotError } from '#src/base/errors.ts';
import { tool } from '#src/features/contract/tool-definition.ts';
import { tools } from '#src/features/features.ts';
import { playScripts } from '#test/conversation/setup/script.ts';
import { adam, lounge, type SessionFixture } from '#test/conversation/setup/session-fixture.ts';

/** A persona, which somebody has written, makes a reminder wait for a button. */
const persona = ({ personas }: SessionFixture) =>
  personas.save('g', lounge.channelId, { name: 'Max' });
const timers = async ({ stores }: SessionFixture) => {
  const all = await stores.reminders.list('g', 'adam');
  return all.map(({ text }) => text || 'a timer').join(', ');
};
const given = { people: [adam], tools, voiceMs: 2_000, acts: { persona, timers } };

/** A tool that ends when it is let, and one that fails. */
const sent = Promise.withResolvers<void>();
const slowTools = ['send', 'break'].map((name) =>
  tool({
    name,
    description: 'Sends.',
    schema: z.strictObject({}),
    right: 'anyone',
    effect: 'change',
    async run() {
      if (name === 'break') throw new BotError('tool.refused', false, 'It broke.');
      await sent.promise;
      return { facts: { outcome: 'it is sent' } };
    },
  }),
);

playScripts({
  'a timer that its asker goes on talking about is one, and another one waits for a button': [
    { ...given, voiceMs: 500 },
    `
    model: call set_reminder {"when":"in ten minutes"} || wait 700 | All right. || call set_reminder {"when":"in ten minutes"} || wait 700 | All right. || call set_reminder {"when":"in ten minutes","text":"the pasta"} || All right.
    adam begins (synth-flite-slt-what-time-is-it): Set a timer.
    1700 > heard Adam: Set a timer., tool set_reminder ran
    adam begins (synth-flite-slt-what-time-is-it): For ten minutes.
    1700 > heard Adam: For ten minutes., tool set_reminder known
    adam begins (synth-flite-slt-what-time-is-it): For the pasta.
    9000
    > heard Adam: For the pasta.
    > tool set_reminder asked
    > answered Adam: All right.
    > writes tool.ask (Adam) (set reminder) (Adam) (60)
    > offers 1 buttons
    do timers > a timer
    confirm adam > done reminder.set.text n 2 time 16:35 the pasta, tool set_reminder pressed
    confirm adam > over
    do timers > a timer, the pasta
    `,
  ],
  'a button that was asked for before the link was lost is not asked for again, and works once': [
    given,
    `
    do persona > saved saved true
    model: call set_reminder {"when":"in ten minutes","text":"tea"} || It waits. || call set_reminder {"when":"in ten minutes","text":"tea"} || It waits.
    adam asks: Set a timer for ten minutes.
    > tool set_reminder asked
    > says "Adam, shall I do this:"
    > writes tool.ask (Adam) (set reminder) (Adam) (60)
    > offers 1 buttons
    500
    link lost > failed link link.lost
    12000 > told adam: answered It waits., answered Adam: It waits., says slow.voice
    confirm eva > other name Adam
    confirm adam > done reminder.set.text n 1 time 16:35 tea, tool set_reminder pressed
    confirm adam > over
    do timers > tea
    `,
  ],
  'a button that is pressed before the answer is begun anew has done its work': [
    given,
    `
    do persona > saved saved true
    model: call set_reminder {"when":"in ten minutes","text":"tea"} || It waits. || call set_reminder {"when":"in ten minutes","text":"tea"} || It is set.
    adam asks: Set a timer for ten minutes.
    > tool set_reminder asked
    > says "Adam, shall I do this:"
    > writes tool.ask (Adam) (set reminder) (Adam) (60)
    > offers 1 buttons
    500
    confirm adam > done reminder.set.text n 1 time 16:35 tea, tool set_reminder pressed
    link lost > failed link link.lost
    12000 > told adam: answered It waits., answered Adam: It waits., says slow.voice
    do timers > tea
    prompt
    > Adam: Set a timer for ten minutes. | Nova:  | Nova: {"result":{"outcome":"Reminder 1 is set for 16:35: tea","number":1}}
    `,
  ],
  'a tool that still runs when the link is lost runs on, and one that failed is not tried again': [
    { ...given, tools: slowTools, acts: { finish: () => sent.resolve() } },
    `
    model: call send {} || Sent. || call send {} || Sent. || call break {} || No. || call break {} || No.
    adam asks: Send it.
    500
    link lost > failed link link.lost
    1000
    do finish > tool send ran
    12000 > told adam: answered Sent., answered Adam: Sent., says slow.voice
    prompt
    > Adam: Send it. | Nova:  | Nova: {"result":{"running":"It is being done. Call it again only to learn its result."}}
    adam asks: Break it. > tool send ran
    500
    link lost > failed link link.lost, writes panel.reconnecting
    12000
    > told adam: answered No.
    > failed think tool.refused
    > tool break failed
    > answered Adam: No.
    > says slow.voice
    prompt
    > Adam: Send it. | Nova: Sent. | Adam: Break it. | Nova:  | Nova: {"result":{"outcome":"it is sent"}} | Nova:  | Nova: {"error":"break failed (tool.refused). It may have happened all the same: say so, and do not try again."}
    `,
  ],
});
