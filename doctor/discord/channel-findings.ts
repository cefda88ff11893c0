import { differs, missing, ok, type ReportLine } from '#doctor/finding.ts';
import type { BotError, ErrorCode } from '#src/base/errors.ts';
import type { ChannelTrial } from '#src/discord/account/channel-trial.ts';

const what = 'voice link';

const update = 'run npm ci again, or update Parley';
const rest = 'wait some minutes, then try again';
/** Remedy for each way in which a visit can fail. */
const mends: Readonly<Partial<Record<ErrorCode, string>>> = {
  'link.timeout':
    "allow outgoing UDP from this machine or container (any port, to Discord's voice servers); check that the channel is not full",
  'link.lost': 'find out who moved or removed the bot, then try again',
  'link.refused': rest,
  'link.rate_limited': rest,
  'link.no_cipher': update,
  'link.no_end_to_end': update,
  'link.unsupported': update,
  'discord.too_few_shards': 'set SHARDS=auto',
};

export function visitLines(name: string, trial: ChannelTrial): readonly ReportLine[] {
  const { cipher, endToEnd, openedMs, troubles } = trial;
  return [
    ok(what, `open in #${name} after ${openedMs} ms: UDP works in both directions`),
    ok('transport', `encrypted with ${cipher}`),
    endToEnd
      ? ok('DAVE', 'the channel is end-to-end encrypted')
      : differs(
          'DAVE',
          'the channel is not end-to-end encrypted',
          'nothing to do: Discord decides this for the channel',
        ),
    ...troubles.map((trouble) =>
      differs(what, trouble, 'try again; if it happens again, see docs/troubleshooting.md'),
    ),
  ];
}

export function failedVisit(error: BotError): ReportLine {
  return missing(what, error.message, mends[error.code] ?? 'try again in a minute');
}
