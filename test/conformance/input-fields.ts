/** Reads the fields of an input such as `db=0x0;cur=1`. */
export function fieldsOf(input: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    input.split(";").map((part) => {
      const [name = "", ...value] = part.split("=");
      return [name, value.join("=")];
    }),
  );
}
