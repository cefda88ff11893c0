/** One request to a chat model: what it is to do, and the words it is to do it with. */
export type ModelPrompt = { readonly system: string; readonly user: string };
