import { toPersonId } from '#src/base/ids.ts';
import type { AdmittedContent, MessageContent } from '#src/ports/authored-content.ts';

/** Content of a message that Ben, or somebody of this name, lets the bot use. */
export function makeAdmitted(
  content: Partial<MessageContent>,
  name = 'Ben',
): AdmittedContent {
  const material = {
    text: '',
    ...content,
    author: { id: toPersonId(name.toLowerCase()), name },
    isQuoted: true,
    withdrawal: new AbortController().signal,
    findRefusal: () => undefined,
  };
  return material as unknown as AdmittedContent;
}
