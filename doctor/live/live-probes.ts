import { loadOpus } from '#src/audio/opus/opus-codec.ts';
import type { AccountRest } from '#src/discord/account/account-rest.ts';
import { readSeat } from '#src/discord/account/guild-rights.ts';
import { tryMessage } from '#src/discord/account/test-message.ts';
import type { OpenedLink, VoiceTrial } from '#src/discord/account/voice-trial.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import {
  type Probe,
  toDifferingFinding,
  toMissingFinding,
  toOkFinding,
} from '#src/probes/probe.ts';
import {
  encryptionProbe,
  permissionProbe,
  playbackProbe,
  voiceLinkProbe,
} from '#src/probes/voice-probes.ts';
import { makeTestSound } from './test-sound.ts';

/** Subject of the live probes, which run one after the other. */
export type LiveCheck = {
  readonly trial: VoiceTrial;
  readonly rest: AccountRest;
  readonly channel: ChannelRef;
  readonly silenceMs: number;
  /** Set once the bot has joined. */
  opened?: OpenedLink;
};

const retryRemedy = 'try again; if it happens again, report it with these lines';
/** Discord shows within `maxLeaveMs` that the bot has left. */
const [maxLeaveMs, seatPollMs] = [5_000, 500];

/** Probes from the join to the silence, in their order. */
export const liveProbes: readonly Probe<LiveCheck>[] = [
  {
    ...permissionProbe,
    run: async ({ trial, channel }, clock, signal) =>
      permissionProbe.run(
        { channel, facts: trial.getChannelFacts(channel), isThere: false },
        clock,
        signal,
      ),
  },
  {
    ...voiceLinkProbe,
    async run(check, clock, signal) {
      check.opened = await check.trial.join(check.channel, signal);
      return await voiceLinkProbe.run({ link: check.opened }, clock, signal);
    },
  },
  {
    ...encryptionProbe,
    async run({ opened }, clock, signal) {
      const finding = await encryptionProbe.run(
        opened && { link: opened },
        clock,
        signal,
      );
      const people = `${opened?.others ?? 0} other people are in the channel`;
      return { ...finding, reason: `${finding.reason}; ${people}` };
    },
  },
  {
    ...playbackProbe,
    async run({ trial }, clock, signal) {
      if (!trial.isOpen) return toNoLinkFinding('playback');
      const sound = makeTestSound(await loadOpus());
      const output = {
        isMute: trial.isMute,
        play: (until: AbortSignal) => trial.play(sound, until),
      };
      return await playbackProbe.run(output, clock, signal);
    },
  },
  /** Posts, changes and deletes a message in the chat of the channel. */
  {
    name: 'messages',
    mend: "open Edit Channel, Permissions: allow Send Messages for the bot's role; look for AutoMod rules",
    async run({ channel, rest }, _clock, signal) {
      await tryMessage(
        rest,
        channel.channelId,
        'My operator checks my connection here: I hear nobody.',
        signal,
      );
      return toOkFinding('messages', 'the bot posted, changed and deleted one');
    },
  },
  {
    name: 'silence',
    async run({ trial, silenceMs }, _clock, signal) {
      if (!trial.isOpen) return toNoLinkFinding('silence');
      const formerCount = trial.troubles.length;
      await trial.stayConnected(silenceMs, signal);
      const troubles = trial.troubles.slice(formerCount);
      if (troubles.length === 0)
        return toOkFinding(
          'silence',
          `the voice link stayed open for ${formatSpan(silenceMs)}`,
        );
      return toDifferingFinding(
        'silence',
        `the bot came back by itself after ${troubles.join(', ')}`,
        retryRemedy,
      );
    },
  },
];

/** Leaves, and waits until Discord shows it. Runs last, also after a failure. */
export const leaveProbe: Probe<LiveCheck> = {
  name: 'leave',
  async run({ channel, rest, trial }, clock, signal) {
    await trial.leave();
    const untilMs = clock.nowMs() + maxLeaveMs;
    while ((await readSeat(rest, channel, signal)) !== undefined) {
      if (clock.nowMs() > untilMs)
        return toMissingFinding(
          'leave',
          'Discord still shows the bot in the channel',
          'disconnect it by hand',
        );
      await clock.sleep(seatPollMs, signal);
    }
    return toOkFinding('leave', 'Discord shows the bot in no channel');
  },
};

function toNoLinkFinding(subject: string) {
  return toOkFinding(subject, 'not tried: no voice link is open');
}

/** Formats a time. A clock that was put back gives 0. */
function formatSpan(ms: number) {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 120) return `${s} s`;
  if (s < 7_200) return `${Math.round(s / 60)} min`;
  return s < 172_800 ? `${Math.round(s / 3_600)} h` : `${Math.round(s / 86_400)} days`;
}
