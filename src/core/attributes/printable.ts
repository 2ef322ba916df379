/**
 * Control characters, bidirectional overrides, zero-width and other invisible characters: what makes a text look in a
 * terminal like another one (CVE-2021-25743, Trojan Source CVE-2021-42574).
 */
export const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu;

/** With every hidden character as a \u escape. */
export function printable(text: string): string {
  return text.replaceAll(HIDDEN, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}
