import type { ChatMessage, Usage } from './ports.ts';

/** Of UTF-8; tokens of European languages are about as long, those of others shorter. */
const bytesPerToken = 4;

/** What a request took whose server did not tell, or could not any more. */
export function estimateUsage(messages: readonly ChatMessage[], written: string): Usage {
  const asked = messages.map(({ content }) => content).join('');
  return {
    inputTokens: tokensIn(asked),
    outputTokens: tokensIn(written),
    isEstimate: true,
  };
}

function tokensIn(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / bytesPerToken);
}
