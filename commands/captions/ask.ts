import { transcriptSubjects } from '#src/features/captions/store/transcript-ports.ts';
import type { CommandCall, CommandOption, CommandPorts, Replies } from '#src/features/command.ts';
import { quotes, unknownName } from './transcript.ts';

/** The transcript that a question is answered from. */
export const subjectOption: CommandOption = {
  name: 'about',
  description: 'command.captions.find',
  kind: 'choice',
  values: transcriptSubjects,
};

/** Quotes the lines that answer a question, to the caller alone. */
export async function askTranscript(
  { guildId, callerId, words }: CommandCall,
  { features, timesIn }: Pick<CommandPorts, 'features' | 'timesIn'>,
  question: string,
): Promise<Replies> {
  const about = transcriptSubjects.find((one) => one === words.about);
  if (about === undefined) return unknownName(words.about);
  if (!/[\p{L}\p{N}]/u.test(question)) return [{ id: 'say.empty' }];
  const found = await features.transcripts.ask(guildId, callerId, { question, about });
  return quotes(found, timesIn(guildId));
}
