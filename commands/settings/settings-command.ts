import { findClosestNames } from '#commands/closest-names.ts';
import { onlyIfManaging } from '#commands/command-rights.ts';
import type { Command, CommandGroup } from '#src/features/command.ts';
import type { CheckReport } from '#src/features/settings/answer-checkup.ts';
import { type Finding, isUsable } from '#src/probes/probe.ts';
import { maxInstructionsChars } from '#src/settings/guild-settings.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { openPanel, saveAndShowSetting } from './settings-panel-presses.ts';

/** The command checks the right itself, so that it can explain a refusal. */
const forManagers = { isForEverybody: true, needsManageServer: true } as const;

const view: Command = {
  name: 'view',
  description: 'command.settings.view',
  ...forManagers,
  options: [],
  run: openPanel,
};

const set: Command = {
  name: 'set',
  description: 'command.settings.set',
  ...forManagers,
  options: [
    {
      name: 'key',
      description: 'command.settings.set.key',
      required: true,
      kind: 'text',
      maxChars: 100,
      suggest: async (typed, { channel }, { features: { settings } }) =>
        findClosestNames(typed, channel ? settings.channelKeys : settings.keys),
    },
    {
      name: 'value',
      description: 'command.settings.set.value',
      required: true,
      kind: 'text',
      maxChars: maxInstructionsChars + 1, // one more shows that it is too long
      suggest: async (typed, { inputs }, { features }) =>
        findClosestNames(typed, features.settings.listValues(inputs.key ?? '')),
    },
    {
      name: 'channel',
      description: 'command.settings.set.channel',
      kind: 'voice-channel',
    },
  ],
  run: onlyIfManaging(async (call, ports) => {
    const { channel: channelId, key = '', value = '' } = call.inputs;
    // Without its channel, the value would count in the whole server.
    if (channelId !== undefined && !call.channel)
      return [{ id: 'unknown', with: { x: channelId } }];
    return [await saveAndShowSetting(key.trim().toLowerCase(), value, call, ports)];
  }),
};

const check: Command = {
  name: 'check',
  description: 'command.settings.check',
  ...forManagers,
  options: [],
  run: onlyIfManaging(async (call, { features }) => {
    const { caller, guildId } = call;
    const report = await features.answerCheckup.checkAnswers(
      guildId,
      caller.id,
      caller.channel,
    );
    const [heading, ...lines] = report.findings.map((finding) =>
      formatFinding(finding),
    );
    const conclusion = toConclusion(report);
    return [{ ...(heading ?? conclusion), lines: [...lines, conclusion] }];
  }),
};

function formatFinding(finding: Finding): TextLine {
  const { isIdle, mend, reason, subject: point, verdict } = finding;
  if (isIdle) return { id: 'check.idle', with: { point, why: reason } };
  if (verdict !== 'missing') return { id: 'check.ok', with: { point, what: reason } };
  return {
    id: 'check.bad',
    with: { point, why: mend === reason ? reason : `${reason} ${mend}` },
  };
}

/** Summarises a check: how many faults, or none. */
function toConclusion({ findings }: CheckReport): TextLine {
  const faultCount = findings.filter((finding) => !isUsable(finding)).length;
  if (faultCount > 0) return { id: 'check.count', with: { n: faultCount } };
  if (findings.some(({ isIdle }) => isIdle)) return { id: 'check.done.elsewhere' };
  return { id: 'check.done' };
}

export const settings: CommandGroup = {
  name: 'settings',
  description: 'command.settings.view',
  help: {
    topic: 'settings',
    command: 'settings view',
    for: 'manager',
    buildLine: () => ({ id: 'help.settings' }),
  },
  commands: [view, set, check],
};
