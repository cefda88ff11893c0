import { z } from 'zod';

/** Name of a voice, or an object that names it; undefined: the server's. */
export const voiceName = z
  .union([z.string().max(100), z.looseObject({ id: z.string().max(100) })])
  .nullish()
  .transform((given) => {
    const name = typeof given === 'object' ? given?.id : given;
    return name === '' || name === 'default' ? undefined : name;
  });
