export type ServerHabit = { readonly what: string; readonly mend: string };

export const serverHabits = {
  thoughts: {
    what: 'its answers begin inside a thought that only ends with a mark',
    mend: 'start it with a reasoning parser (vLLM, SGLang: --reasoning-parser; llama.cpp: --jinja --reasoning-format auto)',
  },
  template: {
    what: 'its answers hold tokens of the prompt template',
    mend: 'correct the end-of-turn token or the chat template of the model (llama.cpp: --jinja; Ollama: PARAMETER stop; LM Studio: prompt template)',
  },
  parser: (parser: string) => ({
    what: 'it writes calls of tools as text',
    mend: `start it with a tool parser (vLLM: --enable-auto-tool-choice --tool-call-parser ${parser}; SGLang: --tool-call-parser; llama.cpp: --jinja)`,
  }),
  whole: {
    what: 'it does not stream, so that every answer begins late',
    mend: 'turn streaming on, or choose a server that streams',
  },
  cut: (most: number) => ({
    what: `an answer was cut at its longest length${most < Infinity ? ` (${most} tokens)` : ''}`,
    mend: 'turn off thinking, or ask for shorter answers in BOT_INSTRUCTIONS',
  }),
} as const;
