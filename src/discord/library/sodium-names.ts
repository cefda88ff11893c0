/** sodium-native under the names @discordjs/voice reads; throws where no binary fits the platform. */
import sodium from 'sodium-native';

export const crypto_aead_xchacha20poly1305_ietf_ABYTES =
  sodium.crypto_aead_xchacha20poly1305_ietf_ABYTES;
export const crypto_aead_xchacha20poly1305_ietf_encrypt =
  sodium.crypto_aead_xchacha20poly1305_ietf_encrypt;
export const crypto_aead_xchacha20poly1305_ietf_decrypt =
  sodium.crypto_aead_xchacha20poly1305_ietf_decrypt;
