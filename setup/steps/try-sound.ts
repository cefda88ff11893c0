import { runningBot } from '#doctor/discord/running-bot.ts';
import { ownersSeat } from '#doctor/live/live-place.ts';
import { join } from '#doctor/live/live-probes.ts';
import { testSound } from '#doctor/live/test-sound.ts';
import { SetupEnd } from '#setup/questions.ts';
import type { SetupContext } from '#setup/setup-context.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import { joinSamples, type Pcm } from '#src/audio/pcm.ts';
import { readConfig } from '#src/config/config.ts';
import type { GuildName } from '#src/discord/account/account.ts';
import { AccountRest } from '#src/discord/account/account-rest.ts';
import { readVoicePlace } from '#src/discord/account/guild-rights.ts';
import { openVoiceTrial } from '#src/discord/account/voice-trial.ts';
import { isUsable, type SpokenClip, tryProbe } from '#src/probes/probe.ts';
import { playback } from '#src/probes/voice-probes.ts';
import { openEmbeddedSynthesizer } from '#src/speech/embedded/embedded-synthesizer.ts';
import { visibleLine } from '#src/texts/visible-line.ts';
import type { KnownBot } from './choose-token.ts';
import { sayFindings } from './say-findings.ts';

export type SoundTrial = {
  readonly bot: KnownBot;
  readonly server: GuildName | undefined;
  /** Speech of the server that was just tried. */
  readonly clip?: SpokenClip;
};
type Channel = NonNullable<Awaited<ReturnType<typeof readVoicePlace>>>;

const checkMs = 1_000;
/** Longest time, in ms, to join or to play. */
const playMs = 60_000;
/** Most members of a team that are named. */
const mostOwners = 10;

/** Plays a tone and a sentence in the channel of the owner, and asks whether they were heard. False: they were not. */
export async function trySound(context: SetupContext, place: SoundTrial): Promise<boolean> {
  const { ask, clock, edits } = context;
  const busy = await botAtWork(context);
  if (busy !== undefined) {
    ask.say(`Not tried: ${busy}. Run /settings check in a voice channel to hear a tone.`);
    return true;
  }
  const { login, shards } = place.bot;
  const channel = await chosenChannel(context, place);
  if (!channel) return true;
  const sound = testSound(await loadOpus(), await speechFor(context, place));
  const deadline = { clock, deadlineMs: playMs };
  const findings = await ask.wait(
    `Playing a tone and a sentence in ${channel.name}`,
    async (signal) => {
      await using trial = await openVoiceTrial(login, channel, { shards, clock }, signal);
      const link = await tryProbe(join, { trial, place: channel }, { ...deadline, signal });
      if (!isUsable(link)) return [link];
      const output = {
        isMute: trial.isMute,
        play: (until: AbortSignal) => trial.play(sound, until),
      };
      return [link, await tryProbe(playback, output, { ...deadline, signal })];
    },
  );
  sayFindings(ask, findings);
  if (!findings.every(isUsable)) return false;
  if (!ask.canAsk) {
    ask.say('The bot sent all its sound. There is no terminal to ask whether you heard it.');
    return true;
  }
  if (await ask.confirm('Did you hear a tone and a sentence?')) return true;
  ask.say(whatToTry(edits.value('BOT_NAME') || place.bot.name));
  return false;
}

function whatToTry(name: string): string {
  return [
    'The bot sent all its sound. Check these:',
    `- Right-click ${name} in the channel: raise its volume, and unmute it.`,
    '- Undeafen yourself, and choose the right device (User Settings, Voice & Video).',
    '- Ask another person in the channel. If they hear it, check your device.',
  ].join('\n');
}

/** A bot that runs with these settings has the one seat there is. */
async function botAtWork({ edits, clock }: SetupContext): Promise<string | undefined> {
  const read = readConfig(edits.environment());
  if (read.kind === 'bad')
    throw new SetupEnd(78, [...read.mistakes, 'Nothing was written.'].join('\n'));
  return await runningBot(read.config, clock);
}

/** The channel that a flag names, or the one in which the owner of the application sits. */
async function chosenChannel(
  { ask, flags, clock }: SetupContext,
  { bot, server }: SoundTrial,
): Promise<Channel | undefined> {
  using rest = new AccountRest(bot.login, clock);
  const named = (id: string) =>
    ask.wait('Looking for the channel', (signal) => readVoicePlace(rest, id, signal));
  const { channelId } = flags;
  if (channelId !== undefined) {
    const channel = await named(channelId);
    if (channel) return channel;
    throw new SetupEnd(
      78,
      'The bot cannot see the voice channel of --channel. Nothing was written.',
    );
  }
  if (!ask.canAsk || !server) return undefined;
  const { owners } = bot;
  if (owners.length === 0) {
    ask.say(
      'Not tried: Discord names no owner of the bot. Name a voice channel with --channel ID.',
    );
    return undefined;
  }
  const who = namesOf(owners);
  const hint = `${who}: join a voice channel of ${server.name}.`;
  if (!(await ask.confirm(`Hear the bot now? ${hint}`))) return undefined;
  const seat = await ask.wait(
    `Waiting until ${who} joins a voice channel of ${server.name}`,
    async (signal) => {
      for (;;) {
        const found = await ownersSeat(rest, bot, [server], signal);
        if (found !== undefined) return found;
        await clock.sleep(checkMs, signal);
      }
    },
  );
  return await named(seat);
}

/** Names of the people who may sit down, as in `Olga, Ben or Cleo`. */
function namesOf(owners: KnownBot['owners']): string {
  const names = owners.slice(0, mostOwners).map(({ id, name }) => visibleLine(name) || id);
  return new Intl.ListFormat('en', { type: 'disjunction' }).format(names);
}

/** Speech by the server that will speak, where it was tried just now; else by the voice that comes with the bot. */
async function speechFor({ ask, edits }: SetupContext, { bot, clip }: SoundTrial): Promise<Pcm> {
  if (clip) return clip.pcm;
  const name = edits.value('BOT_NAME').split(',')[0]?.trim() || bot.name;
  const text = `Hello, this is ${name}. If you hear me, everything on the way to you works.`;
  return await ask.wait('Preparing a sentence', async (signal) => {
    await using voice = await openEmbeddedSynthesizer();
    const pieces = await Array.fromAsync(voice.synthesize(text, {}, signal));
    return {
      samples: joinSamples(pieces.map(({ samples }) => samples)),
      rateHz: pieces[0]?.rateHz ?? 16_000,
      channels: 1,
    };
  });
}
