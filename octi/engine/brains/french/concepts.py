"""What French speakers mean by words that a developer wrote in English, and how these are said to them."""

from octi.engine.brains.lists import pairs

# By meaning. The right side is English where functions are mostly named so; later lines win over earlier ones.
CONCEPTS = pairs("""
    meteo, temps, prevision, forecast: weather
    timer, minuteur, minuterie, chronometre: minuteur
    heure, time: time
    jour: day
    reserver, reservation, reserve, booking: book
    chambre: room
    table: table
    appeler, appel, telephoner, joindre, calling: call
    raccrocher: hang
    terminer, finir, fin: end
    commander, commande, ordering: order
    lumiere, lampe, eclairage, lamp: light
    allumer: turn
    eteindre, eteins, eteint, eteignez: off
    musique, chanson, morceau, song: music
    jouer, mettre, mets, mettez: play
    envoyer, envoi, envoie: send
    texto, sms: message
    courriel, mel, mail, e-mail: email
    alarme, reveil, reveiller: alarm
    rappeler, rappel, reminder: remind
    vol, avion, flights: flight
    billet: ticket
    resto: restaurant
    chercher, recherche, rechercher, trouver, search: find
    acheter, achat: buy
    payer, paiement, payment: pay
    annuler, annulation, cancellation: cancel
    supprimer, effacer, enlever, delete: remove
    creer, creation: create
    modifier, changer, update: change
    liste: list
    course, achats: shopping
    tache: task
    ouvrir, ouverture: open
    fermer, fermeture: close
    porte: door
    volet, store: shutter
    fenetre: window
    chauffage: heating
    solde: balance
    compte: account
    virement, virer, transferer: transfer
    argent: money
    facture, bill: invoice
    rendez, rdv: appointment
    agenda, calendrier: calendar
    evenement: event
    reunion: meeting
    traduire, traduis, traduisez, traduction, translation: translate
    nouvelle, actualite, info: news
    ville: city
    pays: country
    adresse: address
    personne, gens, convive, person, guest: people
    enfant, children: child
    adulte: adult
    nuit: night
    nom: name
    numero: number
    prix, tarif, cout: price
    produit: product
    colis: parcel
    livraison, livrer, delivery: deliver
    suivre, suivi, track: tracking
    statut, etat: status
    client: customer
    conseiller, humain, operateur: agent
    parler: talk
    blague: joke
    recette: recipe
    couleur, colour: color
    taille: size
    petit: small
    moyen: medium
    grand, gros: large
    rouge: red
    bleu: blue
    vert: green
    jaune: yellow
    noir: black
    blanc, blanche: white
    terrasse, exterieur, dehors: outdoor
    interieur, dedans: indoor
    dejeuner: lunch
    diner: dinner
    degre: degree
    cuisine: kitchen
    salon: living
    bureau: office
""")

LABELS = pairs("""
    city, town: ville
    country: pays
    location, place: lieu
    address: adresse
    street: rue
    zip, zip code, postal code, postcode: code postal
    name: nom
    first name, firstname, given name, forename, prenom: prénom
    last name, lastname, surname, family name: nom de famille
    full name, fullname: nom complet
    email, mail, email address: adresse e-mail
    phone, telephone, phone number, telephone number, tel: numéro de téléphone
    mobile, mobile number: numéro de portable
    date: date
    time: heure
    day: jour
    duration: durée
    start, start date: date de début
    end, end date: date de fin
    start time: heure de début
    end time: heure de fin
    departure, departure date: date de départ
    return date: date de retour
    arrival, arrival date, check in: date d'arrivée
    people, number of people, party size, guests: nombre de personnes
    adults: nombre d'adultes
    children, number of children: nombre d'enfants
    nights: nombre de nuits
    quantity, count: quantité
    number: numéro
    amount: montant
    price: prix
    size: taille
    color, colour: couleur
    message, text, body: message
    subject: objet
    title: titre
    query, search: recherche
    topic: sujet
    note: note
    task: tâche
    reason: raison
    question: question
    description: description
    destination: destination
    origin, source: départ
    person, recipient, contact: destinataire
    product, item: article
    items: articles
    order, order number, order id: numéro de commande
    account, account number: numéro de compte
    room: chambre
    outdoor: en terrasse
    breakfast: petit déjeuner
    language: langue
    category: catégorie
    type: type
    temperature: température
    weather: météo
    sky: ciel
    wind: vent
    humidity: humidité
    status: état
    total: total
    result: résultat
    results: résultats
    get weather: la météo
    end call, hang up: raccrocher
    book table: réserver une table
    small: petit
    medium: moyen
    large: grand
    red: rouge
    blue: bleu
    green: vert
    yellow: jaune
    black: noir
    white: blanc
    yes, true: oui
    no, false: non
""")

# What one asks after with "votre".
FIELDS = LABELS | pairs("""
    telephone: numéro de téléphone
    nom: nom de famille
    nom famille, nom de famille: nom de famille
    nom complet, name: nom complet
    courriel, email: adresse e-mail
    date naissance, date de naissance, birth date, birthdate, birthday, date of birth, dob, naissance: date de naissance
    income, revenu, revenus, income eur, monthly income, yearly income: revenu
    salary, salaire: salaire
    age: âge
    job, occupation, profession, metier: profession
    company, employer, employeur, entreprise: employeur
    nationality, nationalite: nationalité
    children, number of children, nb children, enfants: nombre d'enfants
    rent, loyer: loyer
    budget: budget
    marital status: situation familiale
    insurance number: numéro d'assuré
""")
