export interface Named {
  readonly name: string
  readonly display_name: string | null
}

/** What people and models call an agent; `name` is its folder's and stays the one that it is known by. */
export const shownName = ({ display_name, name }: Named) => display_name ?? name

/** All that the agent answers to. */
export const namesOf = ({ display_name, name }: Named): ReadonlyArray<string> =>
  display_name === null || display_name === name ? [name] : [display_name, name]

/** What the agent was called that said something, or took a turn; null where none did. */
export const shownSpeaker = <Name extends string | null>({
  agent_display_name,
  agent_name
}: {
  readonly agent_name: Name
  readonly agent_display_name?: string | null | undefined
}): string | Name => agent_display_name ?? agent_name
