/** `$(NAME)` in command, args and env values, as Kubernetes expands it: `$$(NAME)` stays, an unknown name stays. Pure. */

/** Replaces references to `variables`. */
export function expand(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(/\$\$|\$\(([^)]*)\)/g, (whole, name: string | undefined) => {
    if (name === undefined) return '$';
    return Object.hasOwn(variables, name) ? variables[name]! : whole;
  });
}
