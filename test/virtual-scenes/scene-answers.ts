/** Answer of the chat model, whatever it is asked. */
export const modelAnswer = 'The bird is a crow.';
