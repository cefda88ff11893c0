import {
  differs,
  type Finding,
  ok,
  type ProbeDeadline,
  tryProbe,
} from '#src/probes/probe.ts';
import table from './server-cases.json' with { type: 'json' };

/**
 * The answer's JSON must hold `holds` at least `least` times. `remedy` is for a refused
 * request.
 */
type ServerCase = (typeof table.chat)[number];

/**
 * Asks a server the cases of a role, all if `isThorough`. A wrong answer leaves the
 * server usable.
 */
export function examineServerCases(
  role: keyof typeof table,
  deadline: ProbeDeadline,
  ask: (one: ServerCase, signal: AbortSignal) => AsyncIterable<unknown>,
) {
  const cases = table[role].filter(({ isUsual }) => isUsual || deadline.isThorough);
  return Array.fromAsync(cases, async (one): Promise<Finding> => {
    const { what: name } = one;
    const probe = {
      name,
      mend: one.remedy || undefined,
      async run(_: ServerCase, __: unknown, signal: AbortSignal) {
        const answer = JSON.stringify(await Array.fromAsync(ask(one, signal)));
        if (answer.split(one.holds).length > one.least) return ok(name, one.well);
        return differs(name, one.ill, one.mend);
      },
    };
    const finding = await tryProbe(probe, one, deadline);
    return finding.mend === undefined ? finding : { ...finding, verdict: 'differs' };
  });
}
