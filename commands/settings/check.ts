import { notManaging } from '#commands/rights.ts';
import type { Command } from '#src/conversation/command.ts';
import { obstacleOf } from '#src/conversation/joining/join-obstacles.ts';
import type {
  CheckReport,
  CheckResult,
} from '#src/conversation/ports/setting-and-check-outcomes.ts';
import { AnswerCheckup } from '#src/features/settings/answer-checkup.ts';
import { type Locale, type TextLine, text } from '#src/texts/texts.ts';

export const check: Command = {
  name: 'check',
  description: 'command.settings.check',
  shownTo: 'caller',
  isForEverybody: true,
  needsManageServer: true,
  options: [],
  async run(call, { port }) {
    const barred = notManaging(call);
    if (barred) return [barred];
    const { callerChannel, callerId, callerLocale, guildId } = call;
    const report = await port(AnswerCheckup).check(guildId, callerId, callerChannel);
    const [first, ...rest] = report.findings.map((finding) => lineOf(finding, callerLocale));
    const last = conclusion(report);
    return [{ ...(first ?? last), to: 'caller', lines: [...rest, ...report.news, last] }];
  },
};

function lineOf(finding: CheckResult, locale: Locale): TextLine {
  const said = (line: TextLine) => text(line.id, line.with, locale);
  const point = text(`check.point.${finding.point}`, {}, locale);
  switch (finding.kind) {
    case 'ok': {
      const words = { point, ms: Math.round(finding.ms) };
      if (!finding.detail) return { id: 'check.ok', with: words };
      return { id: 'check.ok.detail', with: { ...words, detail: said(finding.detail) } };
    }
    case 'barred': {
      const why = obstacleOf(finding.verdict, finding.channel) ?? { id: 'check.bug' };
      return { id: 'check.bad', with: { point, why: said(why) } };
    }
    case 'bad':
    case 'idle':
      return { id: `check.${finding.kind}`, with: { point, why: said(finding.line) } };
  }
}

/** A tone was played at the end, unless there was nowhere to play it or the bot was speaking. */
function conclusion({ findings }: CheckReport): TextLine {
  const bad = findings.filter(({ kind }) => kind === 'bad' || kind === 'barred').length;
  if (bad > 0) return { id: 'check.count', with: { n: bad } };
  if (findings.some(({ kind }) => kind === 'idle')) return { id: 'check.done.elsewhere' };
  const isSpeaking = findings.some(
    (one) => one.kind === 'ok' && one.detail?.id === 'check.speaking',
  );
  return { id: isSpeaking ? 'check.done.speaking' : 'check.done' };
}
