import { BotError } from '#src/base/errors.ts';
import { tryParseJson } from '#src/base/json.ts';
import { toPlainLine } from '#src/provider/models/error-text.ts';

/** How a bare text is understood. */
export type TranscriptReading = {
  /** The server was found to send transcripts as bare text. Default: such a text is an error of the server. */
  readonly takesPlainText?: boolean | undefined;
};

const maxErrorChars = 120;
const message =
  'The transcription server answered with a bare text, which may be an error.';
const remedy =
  'run the doctor: if that server answers so, it advises TRANSCRIPTION_PLAIN_TEXT=true';

/**
 * Returns an answer that is JSON or events, or a bare text from a server that was found to send its transcripts so. JSON
 * was asked for, and "Internal Server Error" is nobody's words. Throws BotError `provider.wrong_type`.
 */
export function checkBareText<Reply>(
  reply: Reply,
  { takesPlainText = false }: TranscriptReading,
): Reply {
  if (takesPlainText || typeof reply !== 'string' || !isBare(reply)) return reply;
  const serverMessage = toPlainLine(reply, undefined, maxErrorChars);
  throw new BotError('provider.wrong_type', false, message, undefined, undefined, {
    serverMessage,
    remedy,
  });
}

function isBare(text: string) {
  const isCutJson = /^\s*(?:[{]|$)/.test(text);
  const isEvents = /^\s*(?:data|event):/.test(text);
  return !isCutJson && !isEvents && tryParseJson(text) === undefined;
}
