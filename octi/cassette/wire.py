"""The types of a provider's events, those of the beta as well: what is none of them is news to everybody. Pure."""

WIRE = """
error
session.created session.updated
conversation.created
conversation.item.added conversation.item.created conversation.item.done
conversation.item.retrieved conversation.item.deleted conversation.item.truncated
conversation.item.input_audio_transcription.delta conversation.item.input_audio_transcription.completed
conversation.item.input_audio_transcription.failed conversation.item.input_audio_transcription.segment
input_audio_buffer.committed input_audio_buffer.cleared
input_audio_buffer.speech_started input_audio_buffer.speech_stopped
input_audio_buffer.timeout_triggered input_audio_buffer.dtmf_event_received
output_audio_buffer.started output_audio_buffer.stopped output_audio_buffer.cleared
response.created response.done
response.output_item.added response.output_item.done
response.content_part.added response.content_part.done
response.output_text.delta response.output_text.done
response.text.delta response.text.done
response.output_audio.delta response.output_audio.done
response.audio.delta response.audio.done
response.output_audio_transcript.delta response.output_audio_transcript.done
response.audio_transcript.delta response.audio_transcript.done
response.function_call_arguments.delta response.function_call_arguments.done
mcp_list_tools.in_progress mcp_list_tools.completed mcp_list_tools.failed
response.mcp_call_arguments.delta response.mcp_call_arguments.done
response.mcp_call.in_progress response.mcp_call.completed response.mcp_call.failed
rate_limits.updated
"""
KNOWN = frozenset(WIRE.split())
