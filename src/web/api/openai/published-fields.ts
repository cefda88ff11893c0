/**
 * How a field of a program goes on to the chat server. `plain`: text, numbers and truth. `json`: any JSON without references
 * to other places. `picture`: the address of a picture. `dropped`: answered without it, since it changes the price or the
 * account and no word of the answer. A list holds the forms of a field that has several.
 */
export type FieldRule =
  | 'plain'
  | 'json'
  | 'picture'
  | 'dropped'
  | FieldRules
  | readonly FieldRule[];

/** Rules by the name of the field, also for each item of a list. */
export interface FieldRules {
  readonly [name: string]: FieldRule;
}

const namedFunction: FieldRules = { type: 'plain', function: { name: 'plain' } };

const contentParts: FieldRules = {
  type: 'plain',
  text: 'plain',
  refusal: 'plain',
  input_audio: { data: 'plain', format: 'plain' },
  image_url: { url: 'picture', detail: 'plain' },
  prompt_cache_breakpoint: 'dropped',
};

/** Fields of a message. The bot itself reads the role, and replaces sounds by their words. */
export const messageFields: FieldRules = {
  role: 'plain',
  name: 'plain',
  content: contentParts,
  refusal: 'plain',
  // An answer comes with its sound, which the bot knows by the id.
  audio: { id: 'plain', data: 'dropped', transcript: 'dropped', expires_at: 'dropped' },
  tool_call_id: 'plain',
  tool_calls: {
    id: 'plain',
    type: 'plain',
    // OpenAI's client adds what it has parsed to an answer, which programs send back as it is.
    function: { name: 'plain', arguments: 'plain', parsed_arguments: 'dropped' },
    custom: { name: 'plain', input: 'plain' },
    // Parts of a streamed call and of an answer, which programs send back with it.
    index: 'dropped',
  },
  function_call: { name: 'plain', arguments: 'plain' },
  annotations: 'dropped',
  parsed: 'dropped',
};

/**
 * Fields of a chat completion that OpenAI publishes and that leave its price to the model and the number of tokens, beside
 * those that the bot reads itself. `web_search_options` is charged by search, and `moderation` names a further model.
 */
export const requestFields: FieldRules = {
  max_completion_tokens: 'plain',
  max_tokens: 'plain',
  temperature: 'plain',
  top_p: 'plain',
  top_logprobs: 'plain',
  frequency_penalty: 'plain',
  presence_penalty: 'plain',
  logit_bias: 'json',
  seed: 'plain',
  stop: 'plain',
  verbosity: 'plain',
  // Thoughts count into the tokens of the answer, which are set aside.
  reasoning_effort: 'plain',
  response_format: {
    type: 'plain',
    json_schema: {
      name: 'plain',
      description: 'plain',
      schema: 'json',
      strict: 'plain',
    },
  },
  tools: {
    type: 'plain',
    function: {
      name: 'plain',
      description: 'plain',
      parameters: 'json',
      strict: 'plain',
    },
  },
  tool_choice: [
    'plain',
    { ...namedFunction, allowed_tools: { mode: 'plain', tools: namedFunction } },
  ],
  parallel_tool_calls: 'plain',
  prompt_cache_key: 'plain',
  // The account is the operator's.
  user: 'dropped',
  safety_identifier: 'dropped',
  store: 'dropped',
  metadata: 'dropped',
  // Other prices for the same tokens.
  service_tier: 'dropped',
  prediction: 'dropped',
  prompt_cache_options: 'dropped',
  prompt_cache_retention: 'dropped',
};
