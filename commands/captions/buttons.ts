import type { Button, CommandCall, CommandPorts, Replies } from '#src/features/contract/command.ts';
import { off } from './off.ts';
import { on } from './on.ts';
import { longestRecapMs, recapReplies } from './recap.ts';
import { transcript } from './transcript.ts';

/** Buttons of captions, on the panel, the notice and the goodbye. */
export const captionButtons: readonly Button[] = [
  { name: 'captions', label: 'button.captions', style: 'plain', run: toggle },
  {
    name: 'captions.transcript',
    label: 'button.transcript',
    style: 'plain',
    thinksFirst: true,
    run: (call, ports) => transcript.run({ ...call, words: {} }, ports),
  },
  {
    name: 'captions.missed',
    label: 'button.missed',
    style: 'plain',
    longestMs: longestRecapMs,
    run: sumUpMissed,
  },
  {
    name: 'captions.leave_out',
    label: 'button.leave_out',
    style: 'plain',
    run: (call, ports) => leaveOut(call, ports, true),
  },
  {
    name: 'captions.write_me',
    label: 'button.write_me',
    style: 'plain',
    run: (call, ports) => leaveOut(call, ports, false),
  },
];

/** Recap of the session before the presser came. */
async function sumUpMissed(
  { guildId, callerId, callerName }: CommandCall,
  { features, timesIn }: CommandPorts,
): Promise<Replies> {
  const asker = { id: callerId, name: callerName };
  const missed = { since: 'start', until: 'i came' } as const;
  return recapReplies(
    await features.transcripts.recap(guildId, asker, missed),
    callerName,
    timesIn(guildId),
  );
}

async function toggle(call: CommandCall, ports: CommandPorts): Promise<Replies> {
  const command = ports.features.captions.isOn(call.guildId) ? off : on;
  return await command.run({ ...call, words: {} }, ports);
}

async function leaveOut(
  { guildId, callerId }: CommandCall,
  { features }: CommandPorts,
  isOut: boolean,
): Promise<Replies> {
  const { saved } = await features.captions.leaveOut(guildId, callerId, isOut);
  const unsaved = saved ? {} : { lines: [{ id: 'privacy.unsaved' } as const] };
  const id = isOut ? 'captions.left_out' : 'captions.left_in';
  const undo = isOut ? ['captions.write_me'] : ['captions.leave_out'];
  return [{ id, to: 'caller', ...unsaved, buttons: undo }];
}
