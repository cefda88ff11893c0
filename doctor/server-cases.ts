import {
  type Finding,
  type ProbeDeadline,
  toDifferingFinding,
  toOkFinding,
  tryProbe,
} from '#src/probes/probe.ts';
import table from './server-cases.json' with { type: 'json' };

/**
 * The answer's JSON must hold `holds` at least `minCount` times. `remedy` is for a refused
 * request.
 */
export type ServerCase = (typeof table.chat)[number];

/**
 * Asks a server the cases of a role, all if `isThorough`. A wrong answer leaves the
 * server usable.
 */
export function examineServerCases(
  role: keyof typeof table,
  deadline: ProbeDeadline,
  ask: (serverCase: ServerCase, signal: AbortSignal) => AsyncIterable<unknown>,
): Promise<readonly Finding[]> {
  const cases = table[role].filter(({ isUsual }) => isUsual || deadline.isThorough);
  return Array.fromAsync(cases, async (serverCase): Promise<Finding> => {
    const { holds, minCount, name, remedy } = serverCase;
    const probe = {
      name,
      mend: remedy || undefined,
      async run(_: ServerCase, __: unknown, signal: AbortSignal) {
        const answer = JSON.stringify(await Array.fromAsync(ask(serverCase, signal)));
        if (answer.split(holds).length > minCount)
          return toOkFinding(name, serverCase.well);
        return toDifferingFinding(name, serverCase.ill, serverCase.mend);
      },
    };
    const finding = await tryProbe(probe, serverCase, deadline);
    return finding.mend === undefined ? finding : { ...finding, verdict: 'differs' };
  });
}
