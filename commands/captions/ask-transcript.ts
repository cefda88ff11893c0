import { transcriptSubjects } from '#src/features/captions/store/transcript-stores.ts';
import type {
  CommandCall,
  CommandOption,
  CommandPorts,
  Replies,
} from '#src/features/command.ts';
import { formatQuotes, toUnknownNameReply } from './transcript.ts';

export const subjectOption: CommandOption = {
  name: 'about',
  description: 'command.captions.find',
  kind: 'choice',
  values: transcriptSubjects,
};

export async function askTranscript(
  { guildId, callerId, words }: CommandCall,
  { features, timesIn }: Pick<CommandPorts, 'features' | 'timesIn'>,
  question: string,
): Promise<Replies> {
  const about = transcriptSubjects.find((one) => one === words.about);
  if (about === undefined) return toUnknownNameReply(words.about);
  if (!/[\p{L}\p{N}]/u.test(question)) return [{ id: 'say.empty' }];
  const found = await features.transcripts.askModel(guildId, callerId, {
    question,
    about,
  });
  return formatQuotes(found, timesIn(guildId));
}
