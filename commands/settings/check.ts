import { ifManaging } from '#commands/rights.ts';
import type { Command } from '#src/features/contract/command.ts';
import type { CheckReport } from '#src/features/settings/answer-checkup.ts';
import { type Finding, isUsable } from '#src/probes/probe.ts';
import { type Locale, type TextLine, text } from '#src/texts/texts.ts';

export const check: Command = {
  name: 'check',
  description: 'command.settings.check',
  shownTo: 'caller',
  isForEverybody: true,
  needsManageServer: true,
  options: [],
  run: ifManaging(async (call, { features }) => {
    const { callerChannel, callerId, callerLocale, guildId } = call;
    const report = await features.answerCheckup.check(guildId, callerId, callerChannel);
    const [first, ...rest] = report.findings.map((finding) => lineOf(finding, callerLocale));
    const last = conclusion(report);
    return [{ ...(first ?? last), to: 'caller', lines: [...rest, ...report.news, last] }];
  }),
};

function lineOf({ what: point, isIdle, line, verdict, why }: Finding, locale: Locale): TextLine {
  const said = line ? text(line.id, line.with, locale) : why;
  if (isIdle) return { id: 'check.idle', with: { point, why: said } };
  if (verdict === 'missing') return { id: 'check.bad', with: { point, why: said } };
  return { id: 'check.ok', with: { point, what: said } };
}

/** A tone was played at the end, unless there was nowhere to play it or the bot was speaking. */
function conclusion({ findings }: CheckReport): TextLine {
  const bad = findings.filter((finding) => !isUsable(finding)).length;
  if (bad > 0) return { id: 'check.count', with: { n: bad } };
  if (findings.some(({ isIdle }) => isIdle)) return { id: 'check.done.elsewhere' };
  return { id: 'check.done' };
}
