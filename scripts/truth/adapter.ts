// All that the recorder knows of the inside of a checkout: where internals move, only this file changes. At most 100 lines.
import { Writable } from 'node:stream';
import { z } from 'zod';
import { alerts } from '#src/base/alerts.ts';
import { errorCodes } from '#src/base/errors.ts';
import { settings } from '#src/config/settings.ts';
import { logSession, openLog } from '#src/ops/log.ts';
import { builtInLocales } from '#src/texts/locales.ts';
import { builtInTexts } from '#src/texts/tables.ts';
import * as random from '#test/conversation/setup/random-conversation.ts';
import { carried, enact, type TimedAct } from '#test/conversation/setup/random-crowd.ts';
import { lounge, openSessionFixture } from '#test/conversation/setup/session-fixture.ts';
import { play } from '#test/conversation/setup/tracks-fixture.ts';
import { RecordedSpending } from '#test/fakes/recorded-spending.ts';
import type { OpenTraced, PlotAct } from './plots.ts';

/** Where the scenarios lie, and what vitest has to load for them. */
export const scenarioFiles = {
  folder: 'test/scenarios',
  globalSetup: ['test/postgres-setup.ts'],
  setupFiles: ['src/discord/library/sodium.ts'],
};

export const codes = { alerts, errorCodes };
export const texts = () => builtInLocales.map((tag) => [tag, [...builtInTexts(tag)]] as const);
export const settingsSchema = () =>
  z.toJSONSchema(settings, { io: 'input', unrepresentable: 'any' });

/** Settings of a server, with what each may be and what it is by itself. */
export async function serverSettings() {
  const { settings: control } = openSessionFixture();
  const { all } = await control.view('g');
  return all.map(({ key: name, value, isOwn }) => {
    return { name, values: control.values(name), value, isOwn };
  });
}

/** A voice channel on virtual time, and everything that leaves it. */
export const openTraced: OpenTraced = async (plot, reportLog) => {
  const [events, spending]: [unknown[], RecordedSpending] = [[], new RecordedSpending()];
  const out = new Writable({ write: (line, _, done) => done(void reportLog(`${line}`)) });
  const log = openLog('trace', [], out, { nowMs: () => clock.nowMs(), later: () => undefined });
  const network = { ...plot.network, seed: plot.seed };
  const conversation = random.openRandomConversation(
    { ...plot, network },
    {
      spending,
      onEvent(guildId, event) {
        events.push(event.kind === 'feature' ? { kind: event.of.kind, ...event.fields } : event);
        logSession(log, guildId, event);
      },
    },
  );
  const { fixture, people, model, voice } = conversation;
  const { captionChats, captions, clock, linkOpener, sessions, talk, tracks } = fixture;
  const scripts = plot.scripts.map((acts, n) => {
    const { packets, acts: timedActs } = enact(people[n]?.id ?? '', acts, 0, n);
    return { acts: timedActs, packets: carried(packets, { ...network, seed: plot.seed + n }) };
  });
  const by = { id: 'adam', name: 'Adam', mayManage: false };
  const acts: Partial<Record<PlotAct['kind'], (words: string) => unknown>> = {
    lost: () => linkOpener.link.lose(),
    ask: (words) => talk.ask('g', words, by, 'voice'),
    write: (words) => talk.ask('g', words, by, 'text'),
    say: (words) => talk.say('g', words, 'queue'),
    urgent: (words) => talk.say('g', words, 'now'),
    stop: () => talk.stop('g'),
    'captions on': () => captions.turnOn('g', {}),
    'captions off': () => captions.turnOff('g'),
    play: (sound) => play(fixture, by, { sound }),
    skip: () => tracks.steer('g', by, 'skip', 'main'),
    volume: () => tracks.change('g', by, { kind: 'volume', percent: 30 }, 'main'),
  };
  await sessions.join(lounge, 'adam');
  return {
    packets: scripts
      .flatMap(({ packets }) => packets)
      .map((one) => ({ ...one, arrive: () => linkOpener.link.arrive(one) })),
    acts: scripts.flatMap(({ acts }) => acts),
    nowMs: () => clock.nowMs(),
    perform: (act) => acts[act.kind]?.(act.words ?? '') ?? random.perform(act as TimedAct, fixture),
    advance: (ms) => clock.advance(ms),
    tick: () => linkOpener.link.tick(clock.nowMs()),
    isCalm: () => random.isCalm(conversation),
    lists: () => ({
      ...{ events, speech: voice.asked, asked: model.asked, marks: fixture.marks },
      ...{ written: fixture.written, channels: fixture.writtenIn, offered: fixture.offered },
      ...{ notified: fixture.notified, panels: fixture.faces, invited: fixture.invited },
      ...Object.fromEntries(
        [...captionChats.chats].map(([id, one]) => [`captions ${id}`, one.desired]),
      ),
    }),
    state: () => ({ sent: linkOpener.link.sent, tracks: tracks.list('g') }),
    sums: () => ({ bills: spending.bills, sounded: conversation.sounded }),
    leave: () => sessions.leave('g'),
  };
};
