import type { SqlClient } from "@effect/sql"

/** The columns of a message. The caller says how much it reads of those that can be long. */
export const make = (sql: SqlClient.SqlClient) => {
  // A message names its images itself, so that one without any is read without a look at them.
  const images = sql.onDialectOrElse({
    orElse: () => `CASE WHEN messages.images IS NULL THEN NULL
      WHEN NOT json_valid(messages.images) OR typeof(messages.images) <> 'text' THEN 'unreadable'
      WHEN EXISTS (
        SELECT 1 FROM json_each(messages.images) AS image
        WHERE messages.images ->> (image.fullkey || '.key') IS NULL
          OR messages.images ->> (image.fullkey || '.media_type') IS NULL) THEN 'unreadable'
      ELSE (
      SELECT json_group_array(json_object(
        'url', '/rooms/' || room_id || '/messages/' || messages.id || '/images/' || image.key
          || '?key=' || json_extract(image.value, '$.key'),
        'media_type', json_extract(image.value, '$.media_type')))
      FROM json_each(messages.images) AS image) END`
  })

  return (longer: {
    readonly [Name in "agent_name" | "agent_display_name" | "content" | "participant_name" | "thinking"]: string
  }) => `
    messages.id, messages.room_id, messages.agent_id, ${longer.agent_name} AS agent_name,
    ${longer.agent_display_name} AS agent_display_name,
    ${longer.content} AS content, role, participant_type, ${longer.participant_name} AS participant_name,
    NULL AS image_data, NULL AS image_media_type, ${images} AS images, NULL AS anthropic_calls,
    NULL AS excuse_reasons, ${longer.thinking} AS thinking,
    messages.provider, partial, finish, timestamp,
    (SELECT profile_pic FROM agents WHERE agents.id = messages.agent_id) AS agent_profile_pic`
}
