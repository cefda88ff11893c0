import type { Command } from '#src/session/command.ts';
import type { Instants } from '#src/session/events.ts';
import type { Latest, Speed } from '#src/session/stats.ts';
import { type Line, type Locale, type TextId, text } from '#src/texts/texts.ts';

export const stats: Command = {
  name: 'stats',
  description: 'command.stats',
  shownTo: 'caller',
  options: [
    {
      name: 'view',
      description: 'command.stats.view',
      kind: 'choice',
      values: ['speed', 'last turn'],
    },
  ],
  async run({ guildId, callerLocale, words }, ports) {
    const line =
      words.view === 'last turn'
        ? lastTurn(ports.stats.lastTurn(guildId), callerLocale)
        : speed(ports.stats.speed(guildId));
    return [{ ...line, to: 'caller' }];
  },
};

function speed(found: Speed | undefined): Line {
  if (!found) return { id: 'stats.none' };
  const { turns: n, p50Ms: p50, p95Ms: p95, failed, vainShare } = found;
  const vain = Math.round(vainShare * 100);
  const filled = { n, p50: Math.round(p50), p95: Math.round(p95), failed, vain };
  return { id: 'stats.speed', with: filled };
}

function lastTurn(found: Latest | undefined, locale: Locale): Line {
  if (!found) return { id: 'stats.none' };
  const { heardAtMs } = found.instants;
  const instants = named.flatMap(([id, atMs]) => {
    const at = atMs(found.instants);
    return at === undefined ? [] : [text(id, { ms: Math.round(at - heardAtMs) }, locale)];
  });
  const finish = text(`stats.${found.finish}`, {}, locale);
  return { id: 'stats.last', with: { finish, instants: instants.join(', ') } };
}

/** In the order in which they come. */
const named: readonly (readonly [TextId, (at: Instants) => number | undefined])[] = [
  ['stats.ended', (at) => at.endedAtMs],
  ['stats.recognised', (at) => at.recognisedAtMs],
  ['stats.token', (at) => at.firstTokenAtMs],
  ['stats.clause', (at) => at.firstClauseAtMs],
  ['stats.speech', (at) => at.firstSpeechAtMs],
  ['stats.sent', (at) => at.firstSentAtMs],
];
