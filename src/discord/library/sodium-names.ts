import sodium from 'sodium-native';

// The names that @discordjs/voice reads. Importing them throws if the package has no binary.
export const crypto_aead_xchacha20poly1305_ietf_ABYTES: number =
  sodium.crypto_aead_xchacha20poly1305_ietf_ABYTES;
export const crypto_aead_xchacha20poly1305_ietf_decrypt: unknown =
  sodium.crypto_aead_xchacha20poly1305_ietf_decrypt;
export const crypto_aead_xchacha20poly1305_ietf_encrypt: unknown =
  sodium.crypto_aead_xchacha20poly1305_ietf_encrypt;
