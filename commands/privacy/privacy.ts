import {
  nowhereReply,
  onlyIfAdmitted,
  onlyInChannel,
  pausedReply,
} from '#commands/command-rights.ts';
import type { Command, CommandGroup, Reply } from '#src/features/command.ts';
import { Owned } from '#src/people/owned.ts';
import type { SaveOutcome } from '#src/ports/command-ports.ts';
import { consentButtons } from '#src/ports/talk-guide.ts';
import { audit } from './audit.ts';
import { forget } from './forget.ts';
import { memories } from './memories-command.ts';
import { addLines, buildStatus, toConsentReply } from './privacy-replies.ts';

/** `/privacy allow`: agrees to be heard. */
export const allow: Command = {
  name: 'allow',
  description: 'command.privacy.allow',
  isForEverybody: true,
  options: [],
  async run(call, ports) {
    const outcome = await ports.privacy.allow(call.guildId, call.caller.id);
    switch (outcome.kind) {
      case 'denied':
        return [addLines(outcome.line, [{ id: 'consent.refused' }])];
      case 'withdrawn':
        return [await toConsentReply('no', call, ports)];
      case 'allowed':
        return [addUnsaved(await toConsentReply('always', call, ports), outcome)];
    }
  },
};

/** `/privacy deny`: withdraws consent, which counts from the next packet on. */
export const deny: Command = {
  name: 'deny',
  description: 'command.privacy.deny',
  isForEverybody: true,
  isNeverLimited: true,
  options: [],
  async run(call, ports) {
    const outcome = await ports.privacy.deny(call.guildId, call.caller.id);
    // A no needs no permission of the server.
    return [addUnsaved({ id: 'consent.no', buttons: consentButtons }, outcome)];
  },
};

function addUnsaved(reply: Reply, { isSaved }: SaveOutcome) {
  return isSaved ? reply : addLines(reply, [{ id: 'privacy.unsaved' }]);
}

/** `/privacy pause`: hears nobody until somebody resumes. */
export const pauseHearing: Command = createHearingCommand('pause', pausedReply);
const resume = createHearingCommand('resume', { id: 'panel.listening' });

/** Each press names its action, so two presses of Pause do not resume. */
export const pauseOrResume: Command['run'] = (call, ports) =>
  call.inputs.about === 'resume'
    ? onlyIfAdmitted(resume.run)(call, ports)
    : pauseHearing.run(call, ports);

function createHearingCommand(name: 'pause' | 'resume', reply: Reply): Command {
  return {
    name,
    description: `command.privacy.${name}`,
    ...(name === 'pause' && { isForEverybody: true, isNeverLimited: true }),
    options: [],
    run: onlyInChannel(async ({ guildId }, { sessions }) => {
      const isDone = sessions.pauseHearing(guildId, name === 'pause');
      return [isDone ? reply : nowhereReply];
    }),
  };
}

const status: Command = {
  name: 'status',
  description: 'command.privacy.status',
  isForEverybody: true,
  options: [],
  run: buildStatus,
};

const exportAll: Command = {
  name: 'export',
  description: 'command.privacy.export',
  isForEverybody: true,
  options: [],
  async run({ guildId, caller }, { privacy }) {
    const exported = await privacy.exportPerson(guildId, caller.id);
    if (exported.kind === 'failed') return [{ id: 'store.unread' }];
    const file = { name: 'privacy-export.json', text: exported.json };
    const files = [new Owned(file, { onlyFor: caller.id })];
    return [{ id: 'command.privacy.export', files }];
  },
};

export const privacy: CommandGroup = {
  name: 'privacy',
  description: 'command.privacy.status',
  help: {
    topic: 'privacy',
    command: 'privacy allow',
    for: 'everybody',
    buildLine: () => ({ id: 'help.privacy' }),
  },
  commands: [
    status,
    allow,
    deny,
    pauseHearing,
    resume,
    forget,
    exportAll,
    memories,
    audit,
  ],
};
