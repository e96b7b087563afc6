"""Texts in the person's own editor, for the commands that offer it."""

import sys

from mlkanban.cli.session import Session
from mlkanban.editor.documents import Document, editing, meanwhile
from mlkanban.editor.drafts import Drafts
from mlkanban.errors import MlkanbanError, StoreProblem
from mlkanban.paths import places
from mlkanban.service import Done, Service


def edit_text(session: Session, service: Service, document: Document) -> Done:
    """Let the person edit a text until it is saved or given up.

    What is wrong with it comes back to the editor; where nobody is at a terminal, it is raised.
    """
    watched = sys.stdin.isatty()
    with editing(Drafts(places().drafts), document.form) as turn:
        turn.begin(*document.page(service))
        while (text := turn.edited()) is not None:
            try:
                done = document.save(service, text, turn.since)
            except StoreProblem:
                session.show_message(f"Your text is kept in {turn.file}.")
                raise
            except MlkanbanError as error:
                turn.refused(error, meanwhile(document, error, text, turn.since, service))
                if not watched:
                    session.show_message(f"Your text is kept in {turn.file}.")
                    raise
            else:
                turn.saved()
                return done
    if turn.exit_code:
        problem = MlkanbanError(turn.message)
        problem.exit_code = turn.exit_code
        raise problem
    return Done(turn.message, changed=False)
