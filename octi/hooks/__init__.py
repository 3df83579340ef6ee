"""Who judges what is said: hooks, what they are asked, what their verdicts mean.

A hook sees each turn as it is complete, and what the agent says sentence by sentence. What a verdict does:

            the user's turn                                    the agent's
allow       nothing                                            nothing
block       it is not answered: no answer is begun (before),   it is cut off, what was not heard is lost, the item is
            or the one under way is cut off (beside); the      deleted from the provider's conversation; the agent says
            item is deleted; the agent says the refusal        the refusal
replace     the item is deleted and a message with the         spoken: cut off as above, and the agent says the
            replacement stands in its place; that is answered  replacement. Written: once it is complete, the item is
                                                               deleted and one with the replacement stands in its place
interrupt   the agent falls silent, and does not answer; the   the agent falls silent; what was heard stays
            turn stays
end         as block; then the session ends, and says why      as block; then the session ends, and says why

Where there is no verdict (a hook fails, is late, is asked too much; nobody knows a turn's words) the policy holds: open
is allow, closed is block. docs/hooks.md has the rest, and what cannot be done.
"""
